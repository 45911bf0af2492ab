package provisioning

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/elimity-com/scim"
)

// FuzzParse: what is taken has one form, and reading that form again gives the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `[1,2.50,-0,1e9]`, `{"a":{"A":1}}`, `{"a":1,"A":2}`, `"\u00e9"`, `null`, `[[[[]]]]`, `{"a":}`, "\xff", `{"é":1,"É":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := parse(body)
		if err != nil {
			var r *refusal
			if !errors.As(err, &r) || r.status != http.StatusBadRequest {
				t.Fatalf("refused by %v", err)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatalf("taken, and no JSON: %q", body)
		}
		form, err := canonical(v)
		if err != nil {
			return // a number out of range has none
		}
		again, err := parse(form)
		if err != nil {
			t.Fatalf("its own form is refused: %v\n%s", err, form)
		}
		if second, err := canonical(again); err != nil || !bytes.Equal(form, second) {
			t.Fatalf("two forms: %s, %s, %v", form, second, err)
		}
	})
}

// wishes is a handler that applies a message to somebody who is active and an adviser.
type wishes struct {
	scim.ResourceHandler
	got *wish
}

func (h *wishes) Patch(_ *http.Request, _ string, operations []scim.PatchOperation) (scim.Resource, error) {
	return scim.Resource{}, h.got.patch(operations)
}

func (h *wishes) Replace(_ *http.Request, _ string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	return scim.Resource{}, h.got.fill(attributes)
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
	in := &Intake{}
	f.Fuzz(func(t *testing.T, put bool, body []byte) {
		document, err := parse(body)
		if err != nil {
			return
		}
		sent, err := json.Marshal(tolerant(document))
		if err != nil {
			return
		}
		h := &wishes{got: &wish{userName: "a@b.example", display: "A", roles: []string{"adviser"},
			emails: []any{map[string]any{"value": "a@b.example", "type": "work", "primary": true}}}}
		server, err := in.protocol(h)
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
		h.got.name(wish{})
		h.got.email(wish{})
		h.got.role()
	})
}

// FuzzStatement: a statement that is taken means the same in its one form.
func FuzzStatement(f *testing.F) {
	for _, seed := range []string{
		`{"actor":{"mbox":"mailto:a@b.example"},"verb":{"id":"http://adlnet.gov/expapi/verbs/passed"},"object":{"id":"x"},"timestamp":"2026-03-01T09:00:00Z"}`,
		`{"id":"f47ac10b-58cc-4372-a567-0e02b2c3d479","actor":{"account":{"homePage":"h","name":"n"}},"verb":{"id":"v"},"object":{"objectType":"StatementRef","id":"x"},"result":{"success":false}}`,
		`{"actor":{"objectType":"Group","member":[]},"verb":{"id":"v"},"object":{"id":"x"}}`, `{"actor":1,"verb":2,"object":3}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		document, err := parse(body)
		if err != nil {
			return
		}
		s, err := readStatement(document)
		if err != nil {
			return
		}
		if s.verb == "" || s.actor.name != "" && s.actor.mbox != "" || s.id != "" && !uuidLike(s.id) {
			t.Fatalf("taken: %+v", s)
		}
		form, err := canonical(document)
		if err != nil {
			return
		}
		again, err := parse(form)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := readStatement(again); err != nil || second != s {
			t.Fatalf("%+v, %+v, %v", s, second, err)
		}
	})
}
