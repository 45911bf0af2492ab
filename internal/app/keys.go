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

// deskKey loads the key from which persons' codes are made, or makes it: 32 random bytes in base64. Replicas share it.
func (h *App) deskKey() ([]byte, error) {
	file := h.Config.Path(h.Config.Desk.KeyFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		var key [32]byte
		rand.Read(key[:])
		if err := durable.CreateSecret(file, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n")); err != nil {
			return nil, err
		}
	}
	text, err := h.Config.Secret(h.Config.Desk.KeyFile)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "%s does not hold a desk key: remove it, and a new one is made", file)
	}
	return key, nil
}

// ledgerKey loads the ledger's key, or makes it when there is no log yet.
func (h *App) ledgerKey() (seal.Key, error) {
	file := h.Config.Path(h.Config.Ledger.KeyFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return seal.GenerateKey(file, h.Config.Ledger.Origin)
	}
	return seal.LoadKey(file)
}

// assertionSigner makes the signer of assertions.
func (h *App) assertionSigner() (*gateway.Signer, error) {
	seed, err := h.assertionSeed()
	if err != nil {
		return nil, err
	}
	return gateway.NewSigner(ed25519.NewKeyFromSeed(seed), h.Config.Console.URL, h.Now)
}

// assertionSeed loads the key that signs assertions, or makes it: an Ed25519 seed (RFC 8032) in base64.
func (h *App) assertionSeed() ([]byte, error) {
	file := h.Config.Path(h.Config.Assertion.KeyFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		var seed [ed25519.SeedSize]byte
		rand.Read(seed[:])
		if err := durable.CreateSecret(file, []byte(base64.StdEncoding.EncodeToString(seed[:])+"\n")); err != nil {
			return nil, err
		}
	}
	text, err := h.Config.Secret(h.Config.Assertion.KeyFile)
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, cloison.Errorf(cloison.Invalid, "%s does not hold an assertion key: remove it, and a new one is made", file)
	}
	return seed, nil
}

// stateKey is the replicas' common key for sign-ins under way: drawn from the one secret that they share already.
func (h *App) stateKey() (cloison.Secret, error) {
	seed, err := h.assertionSeed()
	if err != nil {
		return "", err
	}
	key, err := hkdf.Key(sha256.New, seed, nil, "cloison sign-in states", 32)
	return cloison.Secret(key), err
}

// publicKey reads the log's public key from a file of its own, or from the signing key's.
func (h *App) PublicKey(file string) (note.Verifier, error) {
	if file == "" {
		key, err := seal.LoadKey(h.Config.Path(h.Config.Ledger.KeyFile))
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
