package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"cloison"
	"cloison/internal/durable"
)

// Key signs the log's checkpoints. Its name is the log's origin. Without it no further checkpoint can be signed under
// this origin. A thief of it can sign a second history, which older checkpoints reveal.
type Key struct {
	Signer note.Signer
	Public string // the verifier key, to be published: name+hash+base64
}

// GenerateKey makes an Ed25519 note key for the origin and writes it to a new file of mode 0600, durable on return. The
// origin is the log's name for ever, as ledger.example.fr/2026. An existing file is cloison.Conflict.
func GenerateKey(file, origin string) (Key, error) {
	if origin == "" || strings.ContainsAny(origin, "+ \t\r\n") {
		return Key{}, cloison.Errorf(cloison.Invalid, "origin of the log: %q is empty, or holds a space or a plus", origin)
	}
	private, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return Key{}, cloison.Errorf(cloison.Invalid, "origin of the log: %q: %w", origin, err)
	}
	if err := durable.CreateSecret(file, []byte(private+"\n")); err != nil {
		return Key{}, err
	}
	return parseKey(private)
}

// LoadKey reads the key that GenerateKey wrote. A file that others may read is cloison.Denied.
func LoadKey(file string) (Key, error) {
	b, err := durable.ReadSecret(file)
	if err != nil {
		return Key{}, err
	}
	k, err := parseKey(string(bytes.TrimSpace(b)))
	if err != nil {
		return Key{}, cloison.Errorf(cloison.Invalid, "reading the log's private key: %s: %w", file, err)
	}
	return k, nil
}

// parseKey reads PRIVATE+KEY+<name>+<hash>+<base64 of the algorithm 1 and the seed>, the form of package note.
func parseKey(private string) (Key, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return Key{}, err // note's error does not quote the key
	}
	// The signer does not give its seed away; the last field of the text, which NewSigner has checked, holds it.
	fields := strings.SplitN(private, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil {
		return Key{}, err
	}
	private25519 := ed25519.NewKeyFromSeed(seed[1:])
	public, err := note.NewEd25519VerifierKey(signer.Name(), private25519.Public().(ed25519.PublicKey))
	if err != nil {
		return Key{}, err
	}
	return Key{Signer: signer, Public: public}, nil
}

// Verifier returns the public half, as outsiders use it.
func (k Key) Verifier() (note.Verifier, error) { return note.NewVerifier(k.Public) }
