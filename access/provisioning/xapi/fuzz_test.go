package xapi

import (
	"testing"

	"cloison/access/provisioning"
)

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
		document, err := provisioning.ParseJSON(body)
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
		form, err := provisioning.CanonicalJSON(document)
		if err != nil {
			return
		}
		again, err := provisioning.ParseJSON(form)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := readStatement(again); err != nil || second != s {
			t.Fatalf("%+v, %+v, %v", s, second, err)
		}
	})
}
