package config

import (
	"crypto/x509"
	"encoding/pem"
	"os"

	"cloison"
)

// AttestationRoots reads the makers' root certificates; none when there is no list of models.
func (c *Config) AttestationRoots() ([]*x509.Certificate, error) {
	if c.Passkeys.AttestationRootsFile == "" {
		return nil, nil
	}
	name := c.Path(c.Passkeys.AttestationRootsFile)
	rest, err := os.ReadFile(name)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "passkeys.attestation_roots_file: %w", err)
	}
	var roots []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, cloison.Errorf(cloison.Invalid, "passkeys.attestation_roots_file: %s holds a %q: want certificates alone", name, block.Type)
		}
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, cloison.Errorf(cloison.Invalid, "passkeys.attestation_roots_file: certificate %d of %s: %w", len(roots)+1, name, err)
		}
		roots = append(roots, root)
	}
	if len(roots) == 0 {
		return nil, cloison.Errorf(cloison.Invalid, "passkeys.attestation_roots_file: %s holds no certificate in PEM", name)
	}
	return roots, nil
}
