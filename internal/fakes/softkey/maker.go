package softkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"
)

// Maker is a maker of authenticators, which vouches for what its keys make (attestation "packed" of the type basic;
// W3C Web Authentication Level 3, section 8.2).
type Maker struct {
	Root *x509.Certificate

	own   []byte // the certificate of a batch of keys
	batch *ecdsa.PrivateKey
}

// NewMaker founds a maker whose keys are of that model; a nil model leaves it out of their certificate.
func NewMaker(name string, model []byte) (*Maker, error) {
	root, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	top := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, top, top, &root.PublicKey, root)
	if err != nil {
		return nil, err
	}
	m := &Maker{}
	if m.Root, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	if m.batch, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0), BasicConstraintsValid: true,
		Subject: pkix.Name{Country: []string{"FR"}, Organization: []string{name}, OrganizationalUnit: []string{"Authenticator Attestation"},
			CommonName: name + " batch"}}
	if model != nil {
		value, err := asn1.Marshal(model)
		if err != nil {
			return nil, err
		}
		leaf.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}, Value: value}}
	}
	m.own, err = x509.CreateCertificate(rand.Reader, leaf, m.Root, &m.batch.PublicKey, root)
	return m, err
}

// vouch makes the attestation statement of a new credential.
func (k *Key) vouch(private *ecdsa.PrivateKey, data, client []byte) (format string, statement map[string]any, err error) {
	if k.Maker == nil && !k.Alone {
		return "none", map[string]any{}, nil
	}
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	if k.Maker != nil {
		private = k.Maker.batch
	}
	signature, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
	statement = map[string]any{"alg": es256, "sig": signature}
	if k.Maker != nil {
		statement["x5c"] = [][]byte{k.Maker.own}
	}
	return "packed", statement, err
}
