package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cloison"
	"cloison/rules/policy"
)

// BenchmarkRequest is one file through the gateway without a ledger: what reading and rewriting cost, and the request to
// the tool. `make bench` measures the whole chain beside a bare proxy.
func BenchmarkRequest(b *testing.B) {
	shown := policy.PersonDecision{Show: cloison.Identity | cloison.Phone, Mask: cloison.NIR}
	g := scriptedGateway(b, files(), &scripted{decide: permit(shown)})
	r := httptest.NewRequest(http.MethodGet, "/api/dossiers/07", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if g.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
