package provisioning

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"cloison"
)

// Approval is the schema of what SCIM has no word for: that a person waits for somebody's approval.
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

// users answers one SCIM request: the library knows the protocol, a [people] what it means here.
func (in *Intake) users(r *request) (answer, error) {
	body := r.body
	if len(body) > 0 {
		document, err := parse(body)
		if err != nil {
			return answer{}, err
		}
		if body, err = json.Marshal(tolerant(document)); err != nil {
			return answer{}, notStrict(malformed)
		}
	}
	if len(r.URL.Query().Get("filter")) > maxFilter {
		return answer{}, refuse(http.StatusBadRequest, "invalidFilter", "a filter has at most 512 bytes")
	}
	p := &people{Intake: in, r: r}
	server, err := in.protocol(p)
	if err != nil {
		return answer{}, err
	}
	to := r.again(body)
	to.URL.Path = strings.TrimPrefix(to.URL.Path, "/scim")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, to)
	if p.fault != nil { // in our words and with our status: the library knows few
		return answer{}, p.fault
	}
	if w.Code == http.StatusNoContent {
		return answer{status: w.Code, header: w.Header()}, nil
	}
	return answer{w.Code, w.Header(), w.Body.Bytes()}, nil
}

// protocol is the library's server in front of the handler; one is made for each request.
func (in *Intake) protocol(h scim.ResourceHandler) (scim.Server, error) {
	server, err := scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{MaxResults: maxPage, SupportFiltering: true, SupportPatch: true,
			AuthenticationSchemes: []scim.AuthenticationScheme{{Type: scim.AuthenticationTypeOauthBearerToken, Name: "Bearer token",
				Description: "A token of the structure's own, given by the operator.", Primary: true}}},
		ResourceTypes: []scim.ResourceType{{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users",
			Description: optional.NewString("An agent of the structure."), Schema: schema.CoreUserSchema(), Handler: h,
			SchemaExtensions: []scim.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}, {Schema: approvalSchema()}}}},
	}, scim.WithBaseURL(in.url+"/scim/v2"))
	if err != nil {
		return server, cloison.Errorf(cloison.Internal, "the SCIM library: %w", err)
	}
	return server, nil
}

// failed keeps our error for the answer and gives the library one that it can carry.
func (p *people) failed(err error) error {
	p.fault = err
	return errors.ScimError{Status: http.StatusInternalServerError}
}

// tolerant mends what known clients send: a boolean active as the text "True" or "False" (Microsoft Entra ID).
func tolerant(document any) any {
	top, ok := document.(map[string]any)
	if !ok {
		return document
	}
	mendActive(top)
	for name, v := range top {
		list, ok := v.([]any)
		if !ok || !strings.EqualFold(name, "Operations") {
			continue
		}
		for _, o := range list {
			if op, ok := o.(map[string]any); ok {
				mendOperation(op)
			}
		}
	}
	return top
}

func mendOperation(op map[string]any) {
	var path string
	for name, v := range op {
		if strings.EqualFold(name, "path") {
			path, _ = v.(string)
		}
	}
	for name, v := range op {
		if !strings.EqualFold(name, "value") {
			continue
		}
		if members, ok := v.(map[string]any); ok {
			mendActive(members)
		} else if isActive(path) {
			op[name] = boolean(v)
		}
	}
}

func mendActive(members map[string]any) {
	for name, v := range members {
		if isActive(name) {
			members[name] = boolean(v)
		}
	}
}

func isActive(path string) bool {
	return strings.EqualFold(path, "active") || strings.EqualFold(path, schema.UserSchema+":active")
}

func boolean(v any) any {
	if s, ok := v.(string); ok {
		switch {
		case strings.EqualFold(s, "true"):
			return true
		case strings.EqualFold(s, "false"):
			return false
		}
	}
	return v
}
