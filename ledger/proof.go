package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cloison"
)

// Proof shows, with only the log's public key, that a row is in the log. It holds the row, so it is personal data.
type Proof struct {
	Row        Row              // what is proved, with its nonce
	Path       tlog.RecordProof // from the leaf's sibling up to the root's child
	Checkpoint []byte           // the signed checkpoint that the path leads to
}

const (
	proofMagic = "c2sp.org/tlog-proof@v1"
	maxProof   = 64 << 10
	maxPath    = 63
)

// ErrNotSealed says that the log's checkpoint does not cover the row yet: try again in a moment.
var ErrNotSealed = errors.New("not sealed yet")

// Prove makes the proof of a row from the log's tiles under the signed checkpoint. A row that the checkpoint does not
// cover yet is cloison.NotFound with ErrNotSealed; a row that is not what was sealed under its number is
// cloison.Internal.
func Prove(tiles fs.FS, checkpoint []byte, key note.Verifier, row Row) (Proof, error) {
	c, err := OpenCheckpoint(checkpoint, key)
	if err != nil {
		return Proof{}, err
	}
	if row.Seq < 1 || row.Seq > c.Size {
		return Proof{}, cloison.Errorf(cloison.NotFound, "row %d: %w: the checkpoint covers the rows 1 to %d", row.Seq, ErrNotSealed, c.Size)
	}
	path, err := tlog.ProveRecord(c.Size, row.Seq-1, HashReader(tiles, c.Size))
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Row: row, Path: path, Checkpoint: checkpoint}
	if _, err := p.Verify(key); err != nil {
		return Proof{}, cloison.Errorf(cloison.Internal, "proving row %d: it is not what was sealed; verify the ledger: %w", row.Seq, err)
	}
	return p, nil
}

// Verify checks the row against the checkpoint and the checkpoint's signature against the log's key. It returns the
// checkpoint. Any failure is cloison.Invalid.
func (p Proof) Verify(key note.Verifier) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, key)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := p.Row.Check(); err != nil {
		return Checkpoint{}, err
	}
	leaf := p.Row.Leaf()
	if p.Row.Seq > c.Size || tlog.CheckRecord(p.Path, c.Size, c.Root, p.Row.Seq-1, leaf.hash()) != nil {
		return Checkpoint{}, cloison.Errorf(cloison.Invalid, "verifying the proof: row %d is not in the log of size %d; the row or the proof was changed", p.Row.Seq, c.Size)
	}
	return c, nil
}

// Marshal returns the proof as a C2SP tlog-proof; its extra line holds the nonce and the canonical row. The usual file
// extension is .tlog-proof.
func (p Proof) Marshal() []byte {
	var b bytes.Buffer
	b.WriteString(proofMagic + "\nextra ")
	b.WriteString(base64.StdEncoding.EncodeToString(p.Row.AppendCanonical(p.Row.Nonce[:])))
	b.WriteString("\nindex " + strconv.FormatInt(p.Row.Seq-1, 10) + "\n")
	for _, h := range p.Path {
		b.WriteString(h.String() + "\n")
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads a proof file. Only Verify says whether it proves anything. Input of another form is cloison.Invalid.
func ParseProof(file []byte) (Proof, error) {
	bad := func(what string) (Proof, error) {
		return Proof{}, cloison.Errorf(cloison.Invalid, "not a proof of a row: %s", what)
	}
	if len(file) > maxProof {
		return bad("the file is too long")
	}
	head, checkpoint, ok := strings.Cut(string(file), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || len(lines) > 3+maxPath || lines[0] != proofMagic {
		return bad("want the lines of " + proofMagic)
	}
	extra, ok := strings.CutPrefix(lines[1], "extra ")
	raw, err := base64.StdEncoding.Strict().DecodeString(extra)
	if !ok || err != nil || len(raw) < len(Row{}.Nonce) || strings.ContainsAny(extra, "\r\n") {
		return bad("the extra line must hold a nonce and a row in base64")
	}
	row, err := ParseRow(raw[len(Row{}.Nonce):])
	if err != nil {
		return Proof{}, err
	}
	copy(row.Nonce[:], raw)
	if lines[2] != "index "+strconv.FormatInt(row.Seq-1, 10) {
		return bad("the index line must say " + strconv.FormatInt(row.Seq-1, 10))
	}
	p := Proof{Row: row, Checkpoint: []byte(checkpoint)}
	for _, line := range lines[3:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != tlog.HashSize || strings.ContainsRune(line, '\r') {
			return bad("a hash of the path is not 32 bytes of base64")
		}
		p.Path = append(p.Path, tlog.Hash(h))
	}
	if len(checkpoint) > maxCheckpoint {
		return bad("the checkpoint is too long")
	}
	return p, nil
}
