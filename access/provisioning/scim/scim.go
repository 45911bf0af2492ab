package scim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	protocol "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/provisioning"
)

// Approval is the schema for something that SCIM has no word for: that a person waits for an approval.
const Approval = "urn:ietf:params:scim:schemas:extension:cloison:2.0:Approval"

// enterprise is RFC 7643 section 4.3; its organization is the structure's code.
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// approvalSchema describes [Approval] to clients that ask.
func approvalSchema() schema.Schema {
	said := func(name, description string) schema.CoreAttribute {
		return schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: name,
			Description: optional.NewString(description), Mutability: schema.AttributeMutabilityReadOnly()}))
	}
	return schema.Schema{ID: Approval, Name: optional.NewString("Approval"),
		Description: optional.NewString("Where a person stands, whom somebody has to approve before they may sign in."),
		Attributes: []schema.CoreAttribute{
			said("state", "proposed, refused, cancelled, pending, active, suspended"),
			said("proposal", "The proposal that waits, or made the account."),
			said("message", "The same in a sentence."),
		}}
}

const (
	maxPage   = 100
	maxFilter = 512 // bytes
)

// Provider is a SCIM service provider for known clients. It is safe for concurrent use.
type Provider struct {
	store     Store
	directory *directory.Directory
	approvals *approval.Approvals
	url       string
}

// New returns a provider; clients reach it below url, which has no slash at its end.
func New(store Store, dir *directory.Directory, approvals *approval.Approvals, url string) *Provider {
	return &Provider{store: store, directory: dir, approvals: approvals, url: url}
}

// Handler answers /scim/v2/.
func (pr *Provider) Handler(clients *provisioning.Clients) http.Handler {
	return clients.Handler(provisioning.SCIM, pr.users, refused)
}

// refused is an error as RFC 7644 section 3.12 has it.
func refused(err error) provisioning.Answer {
	r := provisioning.RefusalOf(err)
	return r.Answer("application/scim+json", struct {
		Schemas []string `json:"schemas"`
		Kind    string   `json:"scimType,omitempty"`
		Detail  string   `json:"detail"`
		Status  string   `json:"status"`
	}{[]string{"urn:ietf:params:scim:api:messages:2.0:Error"}, r.Kind, r.Detail, strconv.Itoa(r.Status)})
}

// users answers one SCIM request: the library knows the protocol, a [people] what it means here.
func (pr *Provider) users(r *provisioning.Request) (provisioning.Answer, error) {
	body := r.Body
	if len(body) > 0 {
		document, err := provisioning.ParseJSON(body)
		if err != nil {
			return provisioning.Answer{}, err
		}
		if body, err = json.Marshal(tolerant(document)); err != nil {
			return provisioning.Answer{}, cloison.Errorf(cloison.Internal, "encoding the message: %w", err)
		}
	}
	if len(r.URL.Query().Get("filter")) > maxFilter {
		return provisioning.Answer{}, provisioning.Refuse(http.StatusBadRequest, "invalidFilter", "a filter has at most 512 bytes")
	}
	p := &people{Provider: pr, r: r}
	server, err := newServer(pr.url, p)
	if err != nil {
		return provisioning.Answer{}, err
	}
	to := r.Clone(r.Context())
	to.Body, to.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	to.URL.Path = strings.TrimPrefix(to.URL.Path, "/scim")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, to)
	if p.fault != nil {
		return provisioning.Answer{}, p.fault
	}
	if w.Code == http.StatusNoContent {
		return provisioning.Answer{Status: w.Code, Header: w.Header()}, nil
	}
	return provisioning.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}, nil
}

// newServer is the library's server in front of the handler, for one request.
func newServer(url string, h protocol.ResourceHandler) (protocol.Server, error) {
	server, err := protocol.NewServer(&protocol.ServerArgs{
		ServiceProviderConfig: &protocol.ServiceProviderConfig{MaxResults: maxPage, SupportFiltering: true, SupportPatch: true,
			AuthenticationSchemes: []protocol.AuthenticationScheme{{Type: protocol.AuthenticationTypeOauthBearerToken, Name: "Bearer token",
				Description: "A token of the structure's own, given by the operator.", Primary: true}}},
		ResourceTypes: []protocol.ResourceType{{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users",
			Description: optional.NewString("An agent of the structure."), Schema: schema.CoreUserSchema(), Handler: h,
			SchemaExtensions: []protocol.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}, {Schema: approvalSchema()}}}},
	}, protocol.WithBaseURL(url+"/scim/v2"))
	if err != nil {
		return server, cloison.Errorf(cloison.Internal, "the SCIM library: %w", err)
	}
	return server, nil
}

// failed keeps our error for the answer and gives the library an error that it can carry.
func (p *people) failed(err error) error {
	p.fault = err
	return errors.ScimError{Status: http.StatusInternalServerError}
}
