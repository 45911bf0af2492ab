package app

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"cloison"
	"cloison/internal/durable"
	"cloison/ledger"
	"cloison/ledger/seal"
	"cloison/wall/gateway"
)

// ledgerKey loads the ledger's key, or makes it when there is no log yet.
func (a *App) ledgerKey() (seal.Key, error) {
	file := a.Config.Path(a.Config.Ledger.KeyFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return seal.GenerateKey(file, a.Config.Ledger.Origin)
	}
	return seal.LoadKey(file)
}

// assertionSigner makes the signer of assertions: an Ed25519 key (RFC 8032).
func (a *App) assertionSigner() (*gateway.Signer, error) {
	seed, err := a.loadSeed(a.Config.Assertion.KeyFile)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, cloison.Errorf(cloison.Invalid, "%s: the key has %d bytes: want %d", a.Config.Assertion.KeyFile, len(seed), ed25519.SeedSize)
	}
	return gateway.NewSigner(ed25519.NewKeyFromSeed(seed), a.Config.Console.URL, a.Now)
}

// loadSeed loads a secret of 32 random bytes in base64, or makes it. Replicas share it.
func (a *App) loadSeed(file string) ([]byte, error) {
	name := a.Config.Path(file)
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		var seed [32]byte
		rand.Read(seed[:])
		if err := durable.CreateSecret(name, []byte(base64.StdEncoding.EncodeToString(seed[:])+"\n")); err != nil {
			return nil, err
		}
	}
	text, err := a.Config.Secret(file)
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil || len(seed) < 32 {
		return nil, cloison.Errorf(cloison.Invalid, "%s: not a key of 32 bytes in base64: remove the file, and a new key is made", name)
	}
	return seed, nil
}

// stateKey is the replicas' common key for sign-ins under way. It is derived from a secret that they share already.
func (a *App) stateKey() (cloison.Secret, error) {
	seed, err := a.loadSeed(a.Config.Assertion.KeyFile)
	if err != nil {
		return "", err
	}
	key, err := hkdf.Key(sha256.New, seed, nil, "cloison sign-in states", 32)
	return cloison.Secret(key), err
}

// PublicKey reads the log's public key from a file of its own, or from the signing key's.
func (a *App) PublicKey(file string) (note.Verifier, error) {
	if file == "" {
		key, err := seal.LoadKey(a.Config.Path(a.Config.Ledger.KeyFile))
		if err != nil {
			return nil, err
		}
		return key.Verifier()
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "--key: %w", err)
	}
	return ledger.NewVerifier([]byte(strings.TrimSpace(string(b))))
}
