package signin

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"cloison"
	"cloison/access/directory"
)

// relyingParty verifies registrations and assertions (W3C Web Authentication Level 3, sections 7.1 and 7.2). This is
// the only file that knows the library, whose interface still changes, with attestation.go.
type relyingParty struct {
	rp     *webauthn.WebAuthn
	making *webauthn.WebAuthn // the same, with the list of models
	models models
}

func newRelyingParty(s Settings) (*relyingParty, error) {
	origins := slices.Clone(s.Origins)
	life := func(d time.Duration) webauthn.TimeoutConfig { return webauthn.TimeoutConfig{Timeout: d, TimeoutUVD: d} }
	models, err := newModels(s.AAGUIDs, s.AttestationRoots)
	if err != nil {
		return nil, err
	}
	config := webauthn.Config{
		RPID: s.RPID, RPDisplayName: s.RPName, RPOrigins: origins,
		AttestationPreference: models.preference(),
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationRequired,
		},
		// Hints to the browser: the acts have our own dates.
		Timeouts: webauthn.TimeoutsConfig{Login: life(actLife), Registration: life(grantLife)},
	}
	using, making := config, config
	making.MDS = models.provider
	p := &relyingParty{models: models}
	if p.rp, err = webauthn.New(&using); err == nil {
		p.making, err = webauthn.New(&making)
	}
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "passkeys: %w", err)
	}
	return p, nil
}

// holder is an account as the library sees it. The user handle is the account's id, which says nothing about the
// person.
type holder struct {
	account     directory.Account
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte { return []byte(h.account.ID.String()) }
func (h holder) WebAuthnName() string {
	return orDefault(h.account.Email.Reveal(), h.account.ID.String())
}
func (h holder) WebAuthnDisplayName() string {
	return orDefault(h.account.Name.Reveal(), h.account.ID.String())
}
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func holderOf(a directory.Account, keys []Passkey) (holder, error) {
	h := holder{account: a, credentials: make([]webauthn.Credential, len(keys))}
	for i, k := range keys {
		if err := json.Unmarshal(k.Credential, &h.credentials[i]); err != nil {
			return h, cloison.Errorf(cloison.Internal, "a passkey of account %s cannot be read: %w", a.ID, err)
		}
	}
	return h, nil
}

// creation returns the options of navigator.credentials.create for one more passkey.
func (p *relyingParty) creation(a directory.Account, keys []Passkey, challenge []byte) (json.RawMessage, error) {
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

// created verifies the answer to creation. The passkey has no name, session or date yet.
func (p *relyingParty) created(a directory.Account, challenge, answer []byte) (Passkey, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Passkey{}, passkeyRefused(err)
	}
	h := holder{account: a}
	ceremony := p.ceremony(h, challenge)
	ceremony.CredParams = webauthn.CredentialParametersRecommendedL3()
	c, err := p.making.CreateCredential(h, ceremony, parsed)
	var detail *protocol.Error
	switch {
	case p.models.provider != nil && errors.As(err, &detail) && detail.Type == protocol.ErrInvalidAttestation.Type:
		return Passkey{}, refuse(cloison.Denied, PasskeyModel, "its maker's attestation does not hold, or its model is not on the list")
	case err != nil:
		return Passkey{}, passkeyRefused(err)
	}
	if err := p.models.vouched(parsed.Response.AttestationObject); err != nil {
		return Passkey{}, err
	}
	record, err := json.Marshal(c)
	if err != nil {
		return Passkey{}, err
	}
	return Passkey{ID: c.ID, Account: a.ID, Credential: record, Counter: c.Authenticator.SignCount}, nil
}

// request returns the options of navigator.credentials.get for that challenge.
func (p *relyingParty) request(a directory.Account, keys []Passkey, challenge []byte) (json.RawMessage, error) {
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

// use is one assertion that verified.
type use struct {
	passkey []byte
	counter uint32
	flags   byte
}

// asserted verifies the answer to request: one of those keys signed that challenge, for one of our origins, and
// verified its user. The counter is the store's to judge.
func (p *relyingParty) asserted(a directory.Account, keys []Passkey, challenge, answer []byte) (use, error) {
	h, err := holderOf(a, keys)
	if err != nil {
		return use{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return use{}, passkeyRefused(err)
	}
	ceremony := p.ceremony(h, challenge)
	for _, k := range keys {
		ceremony.AllowedCredentialIDs = append(ceremony.AllowedCredentialIDs, k.ID)
	}
	c, err := p.rp.ValidateLogin(h, ceremony, parsed)
	if err != nil {
		return use{}, passkeyRefused(err)
	}
	data := parsed.Response.AuthenticatorData
	return use{passkey: c.ID, counter: data.Counter, flags: byte(data.Flags)}, nil
}

func passkeyRefused(err error) error {
	var detail *protocol.Error
	if errors.As(err, &detail) { // its Details are the library's own words; DevInfo quotes the browser
		return refuse(cloison.Denied, PasskeyRefused, "%s", detail.Details)
	}
	return refuse(cloison.Denied, PasskeyRefused, "the passkey's answer does not verify")
}

// ceremony is what the library keeps between options and answer; we keep the challenge alone.
func (p *relyingParty) ceremony(h holder, challenge []byte) webauthn.SessionData {
	return webauthn.SessionData{Challenge: base64.RawURLEncoding.EncodeToString(challenge), RelyingPartyID: p.rp.Config.RPID,
		UserID: h.WebAuthnID(), UserVerification: protocol.VerificationRequired}
}
