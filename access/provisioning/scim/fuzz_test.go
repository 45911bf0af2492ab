package scim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	protocol "github.com/elimity-com/scim"

	"cloison/access/provisioning"
)

// profiles is a handler that applies a message to somebody who is active and an adviser.
type profiles struct {
	protocol.ResourceHandler
	got *profile
}

func (h *profiles) Patch(_ *http.Request, _ string, operations []protocol.PatchOperation) (protocol.Resource, error) {
	return protocol.Resource{}, h.got.patch(operations)
}

func (h *profiles) Replace(_ *http.Request, _ string, attributes protocol.ResourceAttributes) (protocol.Resource, error) {
	return protocol.Resource{}, h.got.fill(attributes)
}

// FuzzSCIM: whatever is sent, nothing panics, and nobody is activated or deactivated by a message in which no true or
// false stands.
func FuzzSCIM(f *testing.F) {
	message := func(operations string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
	}
	for _, seed := range []string{
		message(`{"op":"Replace","path":"active","value":"False"}`), message(`{"op":"replace","value":{"active":false}}`),
		message(`{"op":"add","path":"emails[type eq \"work\"].value","value":"a@b.example"}`), message(`{"op":"remove","path":"emails[primary eq true]"}`),
		message(`{"op":"replace","path":"name","value":{"familyName":"x"}}`), message(`{"op":"add","path":"roles","value":["adviser"]}`),
		message(`{"op":"add","value":{"emails":[{"value":"x"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"x"}}}`),
		message(`{"op":"remove","path":"name.givenName"}`), message(`{"op":"add","path":"emails","value":null}`),
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x","active":true,"emails":[{"value":"x"}],"roles":[{"value":"x"}]}`,
	} {
		f.Add(true, []byte(seed))
		f.Add(false, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, put bool, body []byte) {
		document, err := provisioning.ParseJSON(body)
		if err != nil {
			return
		}
		sent, err := json.Marshal(tolerant(document))
		if err != nil {
			return
		}
		h := &profiles{got: &profile{userName: "a@b.example", display: "A", roles: []string{"adviser"},
			emails: []any{map[string]any{"value": "a@b.example", "type": "work", "primary": true}}}}
		server, err := newServer("", h)
		if err != nil {
			t.Fatal(err)
		}
		method := http.MethodPatch
		if put {
			method = http.MethodPut
		}
		server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/v2/Users/a", bytes.NewReader(sent)))
		low := strings.ToLower(string(sent))
		if h.got.active != nil && !strings.Contains(low, "true") && !strings.Contains(low, "false") {
			t.Fatalf("active became %t by %s", *h.got.active, body)
		}
		h.got.name(profile{})
		h.got.email(profile{})
		h.got.role()
	})
}
