package softkey_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"cloison/internal/fakes/softkey"
)

const origin = "http://localhost:8080"

// user is one account of a relying party made with go-webauthn, which shares no code with the key.
type user struct{ credentials []webauthn.Credential }

func (u *user) WebAuthnID() []byte                         { return []byte("user") }
func (u *user) WebAuthnName() string                       { return "user" }
func (u *user) WebAuthnDisplayName() string                { return "User" }
func (u *user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

type party struct {
	*testing.T
	rp *webauthn.WebAuthn
	u  user
}

func newParty(t *testing.T) *party {
	rp, err := webauthn.New(&webauthn.Config{RPID: "localhost", RPDisplayName: "Essai", RPOrigins: []string{origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{UserVerification: protocol.VerificationRequired}})
	if err != nil {
		t.Fatal(err)
	}
	return &party{T: t, rp: rp}
}

func (p *party) register(k *softkey.Key) error {
	p.Helper()
	options, session, err := p.rp.BeginRegistration(&p.u, webauthn.WithExclusions(webauthn.Credentials(p.u.credentials).CredentialDescriptors()))
	if err != nil {
		p.Fatal(err)
	}
	answer, err := k.Register(origin, p.encode(options))
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		p.Fatal(err)
	}
	c, err := p.rp.CreateCredential(&p.u, *session, parsed)
	if err == nil {
		p.u.credentials = append(p.u.credentials, *c)
	}
	return err
}

// assert signs in, and reports whether the counter says that the key was copied.
func (p *party) assert(k *softkey.Key) (cloned bool, err error) {
	p.Helper()
	options, session, err := p.rp.BeginLogin(&p.u)
	if err != nil {
		p.Fatal(err)
	}
	answer, err := k.Assert(origin, p.encode(options))
	if err != nil {
		return false, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		p.Fatal(err)
	}
	c, err := p.rp.ValidateLogin(&p.u, *session, parsed)
	if err != nil {
		return false, err
	}
	p.u.credentials[0] = *c
	return c.Authenticator.CloneWarning, nil
}

func (p *party) encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		p.Fatal(err)
	}
	return b
}

func TestAnIndependentPartyBelievesIt(t *testing.T) {
	p, k := newParty(t), softkey.New()
	if err := p.register(k); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if cloned, err := p.assert(k); err != nil || cloned {
			t.Fatalf("cloned %v, %v", cloned, err)
		}
	}
	if err := p.register(k); err == nil || len(k.Credentials()) != 1 {
		t.Errorf("it registered twice: %v", err)
	}
}

func TestACopyIsFoundOut(t *testing.T) {
	p, k := newParty(t), softkey.New()
	if err := p.register(k); err != nil {
		t.Fatal(err)
	}
	copied := k.Clone()
	if cloned, err := p.assert(k); err != nil || cloned {
		t.Fatalf("cloned %v, %v", cloned, err)
	}
	if cloned, err := p.assert(copied); err != nil || !cloned {
		t.Errorf("the copy passed: %v", err)
	}
}

func TestWhatAPartyRefuses(t *testing.T) {
	p, k := newParty(t), softkey.New()
	if err := p.register(k); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*softkey.Key){
		"nobody verified": func(k *softkey.Key) { k.Unverified = true },
		"nobody present":  func(k *softkey.Key) { k.Absent = true },
	} {
		other := k.Clone()
		change(other)
		if _, err := p.assert(other); err == nil {
			t.Errorf("%s: it passed", name)
		}
	}
	if _, err := p.assert(softkey.New()); err == nil {
		t.Error("another key passed")
	}
	k.Countless = true
	if _, err := p.assert(k); err != nil {
		t.Errorf("a key without counter: %v", err)
	}
}

func TestThePageMustBeThePartys(t *testing.T) {
	p, k := newParty(t), softkey.New()
	if err := p.register(k); err != nil {
		t.Fatal(err)
	}
	options, _, err := p.rp.BeginLogin(&p.u)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"https://localhost.pirate.example", "https://notlocalhost", "localhost"} {
		if _, err := k.Assert(page, p.encode(options)); err == nil {
			t.Errorf("a page of %s got an answer", page)
		}
	}
	if _, err := k.Assert("http://dossiers.localhost:9000", p.encode(options)); err != nil {
		t.Errorf("a page below the party's domain: %v", err)
	}
	k.Deceived = true
	answer, err := k.Assert("https://pirate.example", p.encode(options))
	if err != nil || !strings.Contains(string(answer), `"type":"public-key"`) {
		t.Errorf("a deceived key: %s, %v", answer, err)
	}
}
