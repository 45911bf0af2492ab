package config

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"cloison"
	"cloison/internal/fakes/softkey"
)

func TestAttestationRoots(t *testing.T) {
	maker, err := softkey.NewMaker("Clés Exemple", nil)
	if err != nil {
		t.Fatal(err)
	}
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: maker.Root.Raw})
	dir := t.TempDir()
	read := func(text []byte) (int, error) {
		if err := os.WriteFile(filepath.Join(dir, "roots.pem"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		c := Config{dir: dir, Passkeys: Passkeys{AttestationRootsFile: "roots.pem"}}
		roots, err := c.AttestationRoots()
		return len(roots), err
	}
	if n, err := read(append(good, good...)); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "no PEM": []byte("cb69481e"), "a key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}),
		"cut short": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: maker.Root.Raw[:99]}),
	} {
		if _, err := read(text); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, half := range []string{"passkeys: {allow_aaguids: [cb69481e-8ff7-4039-93ec-0a2729a154a8]}", "passkeys: {attestation_roots_file: roots.pem}"} {
		if _, err := Parse([]byte(half)); err == nil {
			t.Errorf("%s is taken", half)
		}
	}
}
