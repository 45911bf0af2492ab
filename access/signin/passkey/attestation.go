package passkey

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/metadata/providers/memory"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"

	"cloison"
	"cloison/access/signin/refusal"
)

// models is the allow-list of authenticators, for bodies that hand out security keys and want passkeys in those alone.
// It is asked when a passkey is made, never when one is used: a passkey that was made before the list stays good.
//
// What is verified of a new passkey: its maker's certificate signed it (attestation of the format "packed" and the type
// "basic", W3C Web Authentication Level 3, section 8.2), that certificate chains to one of the operator's roots, names
// the model itself (extension id-fido-gen-ce-aaguid), and the model is on the list. What is not: whether the maker has
// withdrawn the model since (that is in the FIDO alliance's metadata service, which Cloison does not ask), nor which of
// its keys it is. Passkeys that are synchronised between devices bring no attestation, and most built-in ones do not
// either: with a list, they are refused.
type models struct{ provider metadata.Provider } // zero: any authenticator

// newModels reads the list. Models and roots come together or not at all: without roots, a program may claim to be any
// model.
func newModels(aaguids []string, roots []*x509.Certificate) (models, error) {
	switch {
	case len(aaguids) == 0 && len(roots) == 0:
		return models{}, nil
	case len(aaguids) == 0 || len(roots) == 0:
		return models{}, cloison.Errorf(cloison.Invalid, "an allow-list of passkeys needs both the models and their makers' root certificates")
	}
	entries := map[uuid.UUID]*metadata.Entry{}
	for _, text := range aaguids {
		id, err := uuid.Parse(text)
		if err != nil || id == uuid.Nil || id.String() != text {
			return models{}, cloison.Errorf(cloison.Invalid, "%q is no model of a security key: want its AAGUID, as cb69481e-8ff7-4039-93ec-0a2729a154a8",
				refusal.Clip(text))
		}
		entries[id] = &metadata.Entry{AaGUID: id, MetadataStatement: metadata.Statement{AaGUID: id, AttestationRootCertificates: roots,
			AttestationTypes: metadata.AuthenticatorAttestationTypes{metadata.BasicFull}}}
	}
	provider, err := memory.New(memory.WithMetadata(entries), memory.WithValidateEntry(true), memory.WithValidateEntryPermitZeroAAGUID(false),
		memory.WithValidateTrustAnchor(true), memory.WithValidateAttestationTypes(true), memory.WithValidateAAGUID(true),
		memory.WithValidateStatus(false))
	if err != nil {
		return models{}, cloison.Errorf(cloison.Invalid, "the allow-list of passkeys: %w", err)
	}
	return models{provider}, nil
}

// preference is the attestation that the browser is asked for. Without a list none: the maker of a key stays unknown.
func (m models) preference() protocol.ConveyancePreference {
	if m.provider == nil {
		return protocol.PreferNoAttestation
	}
	return protocol.PreferDirectAttestation
}

// modelExtension is id-fido-gen-ce-aaguid.
func modelExtension() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}
}

// vouched checks what the library leaves open once it has verified the answer against the list: it accepts an answer
// without any attestation, and a certificate that names no model vouches for every one. The library has compared the
// extension with the model when there is one.
func (m models) vouched(a protocol.AttestationObject) error {
	if m.provider == nil {
		return nil
	}
	no := func(why string) error { return refusal.New(cloison.Denied, refusal.PasskeyModel, "%s", why) }
	chain, _ := a.AttStatement["x5c"].([]any)
	if protocol.AttestationFormat(a.Format) != protocol.AttestationFormatPacked || a.Type != string(metadata.BasicFull) || len(chain) == 0 {
		return no("the authenticator brings no certificate of its maker")
	}
	der, _ := chain[0].([]byte)
	own, err := x509.ParseCertificate(der)
	if err != nil {
		return no("its maker's certificate cannot be read")
	}
	for _, e := range own.Extensions {
		if slices.Equal(e.Id, modelExtension()) {
			return nil
		}
	}
	return no("its maker's certificate does not say of which model it is")
}
