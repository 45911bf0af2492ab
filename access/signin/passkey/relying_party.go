package passkey

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin/refusal"
)

// Settings of the relying party.
type Settings struct {
	Origins []string // scheme and host of every place where passkeys are used
	ID      string   // the host of every origin, or a domain above it
	Name    string   // what the browser shows beside it
	// AAGUIDs are the models of authenticators in which a passkey may be made, and Roots the certificates of their
	// makers; none: any. See attestation.go for what is verified.
	AAGUIDs []string
	Roots   []*x509.Certificate
	// Using and Making are how long a browser has for an assertion and for a new passkey: hints, the acts have dates of
	// their own.
	Using, Making time.Duration
}

// RelyingParty verifies registrations and assertions (W3C Web Authentication Level 3, sections 7.1 and 7.2). It is safe
// for concurrent use.
type RelyingParty struct {
	rp     *webauthn.WebAuthn
	making *webauthn.WebAuthn // the same, with the list of models
	models models
}

// New checks the settings; errors are Invalid.
func New(s Settings) (*RelyingParty, error) {
	life := func(d time.Duration) webauthn.TimeoutConfig { return webauthn.TimeoutConfig{Timeout: d, TimeoutUVD: d} }
	models, err := newModels(s.AAGUIDs, s.Roots)
	if err != nil {
		return nil, err
	}
	config := webauthn.Config{
		RPID: s.ID, RPDisplayName: s.Name, RPOrigins: slices.Clone(s.Origins),
		AttestationPreference: models.preference(),
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: life(s.Using), Registration: life(s.Making)},
	}
	using, making := config, config
	making.MDS = models.provider
	p := &RelyingParty{models: models}
	if p.rp, err = webauthn.New(&using); err == nil {
		p.making, err = webauthn.New(&making)
	}
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "passkeys: %w", err)
	}
	return p, nil
}

// Credential is one passkey as WebAuthn knows it (credential record).
type Credential struct {
	ID      []byte
	Record  json.RawMessage // the library's: public key and flags
	Counter uint32
}

// holder is an account as the library sees it. The user handle is the account's id, which says nothing about the
// person.
type holder struct {
	account     directory.Account
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte { return []byte(h.account.ID.String()) }
func (h holder) WebAuthnName() string {
	return cmp.Or(h.account.Email.Reveal(), h.account.ID.String())
}
func (h holder) WebAuthnDisplayName() string {
	return cmp.Or(h.account.Name.Reveal(), h.account.ID.String())
}
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func holderOf(a directory.Account, keys []Credential) (holder, error) {
	h := holder{account: a, credentials: make([]webauthn.Credential, len(keys))}
	for i, k := range keys {
		if err := json.Unmarshal(k.Record, &h.credentials[i]); err != nil {
			return h, cloison.Errorf(cloison.Internal, "reading a passkey of account %s: %w", a.ID, err)
		}
	}
	return h, nil
}

// Creation returns the options of navigator.credentials.create for one more passkey.
func (p *RelyingParty) Creation(a directory.Account, keys []Credential, challenge []byte) (json.RawMessage, error) {
	h, err := holderOf(a, keys)
	if err != nil {
		return nil, err
	}
	options, _, err := p.making.BeginRegistration(h,
		webauthn.WithCredentialParameters(webauthn.CredentialParametersRecommendedL3()),
		webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = challenge; return nil })
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "passkey options: %w", err)
	}
	return json.Marshal(options)
}

// Created verifies the answer to Creation, and returns the new passkey.
func (p *RelyingParty) Created(a directory.Account, challenge, answer []byte) (Credential, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Credential{}, refused(err)
	}
	h := holder{account: a}
	ceremony := p.ceremony(h, challenge)
	ceremony.CredParams = webauthn.CredentialParametersRecommendedL3()
	c, err := p.making.CreateCredential(h, ceremony, parsed)
	var detail *protocol.Error
	switch {
	case p.models.provider != nil && errors.As(err, &detail) && detail.Type == protocol.ErrInvalidAttestation.Type:
		return Credential{}, refusal.New(cloison.Denied, refusal.PasskeyModel, "its maker's attestation does not hold, or its model is not on the list")
	case err != nil:
		return Credential{}, refused(err)
	}
	if err := p.models.vouched(parsed.Response.AttestationObject); err != nil {
		return Credential{}, err
	}
	record, err := json.Marshal(c)
	if err != nil {
		return Credential{}, err
	}
	return Credential{ID: c.ID, Record: record, Counter: c.Authenticator.SignCount}, nil
}

// Request returns the options of navigator.credentials.get for that challenge.
func (p *RelyingParty) Request(a directory.Account, keys []Credential, challenge []byte) (json.RawMessage, error) {
	h, err := holderOf(a, keys)
	if err != nil {
		return nil, err
	}
	options, _, err := p.rp.BeginLogin(h, webauthn.WithChallenge(challenge))
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "passkey options: %w", err)
	}
	return json.Marshal(options)
}

// Use is one assertion that verified.
type Use struct {
	Passkey []byte // its credential id
	Counter uint32
	Flags   byte
}

// Asserted verifies the answer to Request: one of those keys signed that challenge, for one of our origins, and
// verified its holder. The counter is the store's to judge.
func (p *RelyingParty) Asserted(a directory.Account, keys []Credential, challenge, answer []byte) (Use, error) {
	h, err := holderOf(a, keys)
	if err != nil {
		return Use{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Use{}, refused(err)
	}
	ceremony := p.ceremony(h, challenge)
	for _, k := range keys {
		ceremony.AllowedCredentialIDs = append(ceremony.AllowedCredentialIDs, k.ID)
	}
	c, err := p.rp.ValidateLogin(h, ceremony, parsed)
	if err != nil {
		return Use{}, refused(err)
	}
	data := parsed.Response.AuthenticatorData
	return Use{Passkey: c.ID, Counter: data.Counter, Flags: byte(data.Flags)}, nil
}

func refused(err error) error {
	var detail *protocol.Error
	if errors.As(err, &detail) { // its Details are the library's own words; DevInfo quotes the browser
		return refusal.New(cloison.Denied, refusal.PasskeyRefused, "%s", detail.Details)
	}
	return refusal.New(cloison.Denied, refusal.PasskeyRefused, "the passkey's answer does not verify")
}

// ceremony is what the library keeps between options and answer; we keep the challenge alone.
func (p *RelyingParty) ceremony(h holder, challenge []byte) webauthn.SessionData {
	return webauthn.SessionData{Challenge: base64.RawURLEncoding.EncodeToString(challenge), RelyingPartyID: p.rp.Config.RPID,
		UserID: h.WebAuthnID(), UserVerification: protocol.VerificationRequired}
}
