package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cloison"
)

// Checkpoint says that a log of that origin had Size leaves under Root. A kept checkpoint holds the operator to every row
// sealed before it. The form is C2SP tlog-checkpoint inside C2SP signed-note.
type Checkpoint struct {
	Origin string    `json:"origin"` // the log's name; by convention a host name and a path without scheme
	Size   int64     `json:"size"`   // number of leaves, so also the Seq of the last sealed row
	Root   tlog.Hash `json:"root"`   // RFC 6962 tree head of these leaves
}

// maxCheckpoint bounds a signed checkpoint in bytes, with room for a dozen witnesses.
const maxCheckpoint = 16 << 10

// ParseCheckpoint reads a checkpoint's text, without checking who signed it. Lines after the root are extensions and
// are ignored, as the specification asks.
func ParseCheckpoint(text string) (Checkpoint, error) {
	bad := func(what string) (Checkpoint, error) {
		return Checkpoint{}, cloison.Errorf(cloison.Invalid, "not a checkpoint: %s", what)
	}
	if len(text) > maxCheckpoint || !strings.HasSuffix(text, "\n") {
		return bad("it is too long, or its last line is cut")
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) {
		return bad("it holds control characters, or is not UTF-8")
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || lines[0] == "" {
		return bad("it needs an origin, a size and a root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return bad("the size is not a plain decimal number")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return bad("the root is not 32 bytes of base64")
	}
	for _, extension := range lines[3:] {
		if extension == "" {
			return bad("an extension line is empty")
		}
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: tlog.Hash(root)}, nil
}

// String returns the checkpoint's text, the part that is signed.
func (c Checkpoint) String() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// OpenCheckpoint verifies a signed checkpoint by the log's key and returns what it says. The origin must be the key's
// name. Signatures by other keys, as those of witnesses, are ignored.
func OpenCheckpoint(signed []byte, key note.Verifier) (Checkpoint, error) {
	text, err := openNote(signed, key)
	if err != nil {
		return Checkpoint{}, cloison.Errorf(cloison.Invalid, "opening the checkpoint: %w", err)
	}
	c, err := ParseCheckpoint(text)
	if err == nil && c.Origin != key.Name() {
		err = cloison.Errorf(cloison.Invalid, "opening the checkpoint: it is of the log %q, want %q", c.Origin, key.Name())
	}
	return c, err
}

// openNote verifies a signed note by one key and returns its text. Signatures by other keys are ignored, but must be
// well formed: package note decodes base64 loosely and drops repeated lines, so that without this check a changed file
// could pass for the one that was signed.
func openNote(signed []byte, key note.Verifier) (text string, err error) {
	if len(signed) > maxCheckpoint {
		return "", fmt.Errorf("longer than %d bytes", maxCheckpoint)
	}
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return "", fmt.Errorf("not signed by %s: %w", key.Name(), err)
	}
	lines := bytes.Count(signed[len(n.Text)+1:], []byte("\n"))
	if len(n.Sigs)+len(n.UnverifiedSigs) != lines {
		return "", errors.New("a signature line is repeated")
	}
	for _, sig := range append(n.UnverifiedSigs, n.Sigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return "", errors.New("a signature is not in canonical base64")
		}
	}
	return n.Text, nil
}

// NewVerifier reads a public key in the note form, as name+hash+base64, surrounding space ignored. A key has one
// spelling.
func NewVerifier(vkey []byte) (note.Verifier, error) {
	text := string(bytes.TrimSpace(vkey))
	v, err := note.NewVerifier(text)
	if err == nil {
		hash, key, _ := strings.Cut(strings.TrimPrefix(text, v.Name()+"+"), "+")
		_, err = base64.StdEncoding.Strict().DecodeString(key)
		if hash != fmt.Sprintf("%08x", v.KeyHash()) || strings.ContainsAny(key, "\r\n") {
			err = errors.New("not in canonical form")
		}
	}
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "reading the log's public key: want name+hash+base64: %w", err)
	}
	return v, nil
}
