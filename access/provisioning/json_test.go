package provisioning

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
)

// FuzzParse: what is taken has one form, and reading that form again gives the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `[1,2.50,-0,1e9]`, `{"a":{"A":1}}`, `{"a":1,"A":2}`, `"\u00e9"`, `null`, `[[[[]]]]`, `{"a":}`, "\xff", `{"é":1,"É":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := ParseJSON(body)
		if err != nil {
			var r *Refusal
			if !errors.As(err, &r) || r.Status != http.StatusBadRequest {
				t.Fatalf("refused by %v", err)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatalf("taken, and no JSON: %q", body)
		}
		form, err := CanonicalJSON(v)
		if err != nil {
			return // a number out of range has none
		}
		again, err := ParseJSON(form)
		if err != nil {
			t.Fatalf("its own form is refused: %v\n%s", err, form)
		}
		if second, err := CanonicalJSON(again); err != nil || !bytes.Equal(form, second) {
			t.Fatalf("two forms: %s, %s, %v", form, second, err)
		}
	})
}
