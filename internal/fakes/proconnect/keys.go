package proconnect

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// keys are the signing key of this process and a stranger's, for Attack WrongKey.
type keys struct {
	own, stranger *ecdsa.PrivateKey
	id            string
}

func newKeys() (*keys, error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	thumb, err := (&jose.JSONWebKey{Key: own.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return &keys{own: own, stranger: stranger, id: fmt.Sprintf("pc-%x", thumb[:8])}, nil
}

// signingKey and publicKey are the own key in the two forms that the protocol library wants.
type signingKey struct{ *keys }

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (k signingKey) Key() any                                    { return k.own }
func (k signingKey) ID() string                                  { return k.id }

type publicKey struct{ *keys }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.own.Public() }
func (k publicKey) ID() string                         { return k.id }

var (
	_ op.SigningKey = signingKey{}
	_ op.Key        = publicKey{}
)

// sign signs a payload in compact form.
func sign(alg jose.SignatureAlgorithm, key any, id, typ string, payload []byte) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
