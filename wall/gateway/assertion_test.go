package gateway_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/policy"
	"cloison/wall/gateway"
)

func seeded(b byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(b)), 32)))
}

// published returns the signer's key set, as its page publishes it.
func published(t *testing.T, s *gateway.Signer) func() (*jose.JSONWebKeySet, error) {
	t.Helper()
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest("GET", gateway.JWKSPath, nil))
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(rec.Body.Bytes(), &set); err != nil || strings.Contains(rec.Body.String(), `"d"`) {
		t.Fatalf("%v in %s", err, rec.Body)
	}
	return func() (*jose.JSONWebKeySet, error) { return &set, nil }
}

func TestAssertions(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	signer, err := gateway.NewSigner(seeded('a'), public, now, seeded('b').Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	former, _ := gateway.NewSigner(seeded('b'), public, now)
	stranger, _ := gateway.NewSigner(seeded('c'), public, now)
	other, _ := gateway.NewSigner(seeded('a'), "https://other.example", now)
	asker := gateway.AssertedAgent{Account: 42, Structure: "ML1", Roles: directory.Adviser | directory.Manager, Assurance: policy.OwnPasskey}
	make := func(s *gateway.Signer, tool string, a gateway.AssertedAgent) string {
		token, err := s.Assert(tool, a)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := make(signer, "dossiers", asker)
	part := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + part[1] + "."
	hmac := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + part[1] + "." + part[2]
	verifier := gateway.NewVerifier(public, "dossiers", published(t, signer), now)
	ask := func(tokens ...string) (gateway.AssertedAgent, error) {
		r := httptest.NewRequest("GET", "/", nil)
		for _, token := range tokens {
			r.Header.Add(gateway.AssertionHeader, token)
		}
		return verifier.Agent(r)
	}
	if got, err := ask(good); err != nil || got != asker {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := ask(make(former, "dossiers", asker)); err != nil {
		t.Errorf("the former key: %v", err)
	}
	for name, tokens := range map[string][]string{
		"none":           nil,
		"two":            {good, good},
		"empty":          {""},
		"alg none":       {none},
		"alg HS256":      {hmac},
		"cut":            {good[:len(good)-10]},
		"other key":      {make(stranger, "dossiers", asker)},
		"other issuer":   {make(other, "dossiers", asker)},
		"other tool":     {make(signer, "paie", asker)},
		"no account":     {make(signer, "dossiers", gateway.AssertedAgent{})},
		"swapped claims": {part[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"a"}`)) + "." + part[2]},
	} {
		if _, err := ask(tokens...); cloison.KindOf(err) != cloison.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}

	at = at.Add(29 * time.Second)
	if make(signer, "dossiers", asker) != good {
		t.Error("an assertion is not reused for 30 s")
	}
	at = at.Add(2 * time.Second)
	if make(signer, "dossiers", asker) == good {
		t.Error("an assertion is reused after 30 s")
	}
	latest := make(signer, "dossiers", asker)
	at = at.Add(40 * time.Second)
	if _, err := ask(good); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("after 71 s: %v", err)
	}
	at = at.Add(-time.Hour)
	if _, err := ask(good); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("an hour before it was made: %v", err)
	}
	if make(signer, "dossiers", asker) == latest {
		t.Error("an assertion of the future is reused")
	}
}

func TestVerifyAssertionGuardsATool(t *testing.T) {
	var asked int
	var verifier *gateway.Verifier
	w := newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		gateway.VerifyAssertion(verifier, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			asker, err := verifier.Agent(r)
			if err != nil || asker.Structure != "ML1" || asker.Assurance != policy.PhishingResistant {
				t.Errorf("%+v %v", asker, err)
			}
			asked++
			files().ServeHTTP(rw, r)
		})).ServeHTTP(rw, r)
	}))
	verifier = gateway.NewVerifier(public, "dossiers", published(t, w.signer), time.Now)
	if a := w.do("GET", "/api/dossiers/01"); a.status != 200 || asked != 1 {
		t.Errorf("%+v", a)
	}
	verifier = gateway.NewVerifier("https://other.example", "dossiers", published(t, w.signer), time.Now)
	if a := w.do("GET", "/api/dossiers/01"); a.status != 502 || asked != 1 {
		t.Errorf("%+v", a)
	}
	if a := w.do("GET", gateway.JWKSPath, "Cookie", "x=y"); a.status != 200 || a.header.Get("Content-Type") != "application/jwk-set+json" {
		t.Errorf("%+v", a)
	}
}
