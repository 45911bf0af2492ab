package ledger_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"cloison/ledger"
)

// edits yields every file that differs from this one by one flipped bit, one byte less, one byte more of those that loose
// readers skip, one line more that repeats another, or by what is cut off its end.
func edits(file []byte, yield func(edited []byte, what string)) {
	for i := range file {
		for bit := range 8 {
			edited := bytes.Clone(file)
			edited[i] ^= 1 << bit
			yield(edited, "flipped")
		}
		yield(append(bytes.Clone(file[:i]), file[i+1:]...), "less")
		yield(file[:i], "cut")
	}
	for i := range len(file) + 1 {
		for _, b := range []byte("\n\r\t =A0+\x00\x0b\x7f\xff") {
			yield(append(append(bytes.Clone(file[:i]), b), file[i:]...), "more")
		}
	}
	yield(bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), "line ends of DOS")
	yield(append(bytes.Clone(file), file...), "twice")
	lines := bytes.SplitAfter(file, []byte("\n"))
	for i := range lines {
		repeated := append(append([][]byte{}, lines[:i+1]...), lines[i:]...)
		if joined := bytes.Join(repeated, nil); !bytes.Equal(joined, file) {
			yield(joined, "a line twice")
		}
	}
}

// TestOneSpelling: a signed checkpoint, statement of retention, proof and public key have exactly one spelling. Whatever
// else is in the file is refused, also where the decoders that read it are loose: bits behind the last base64 character,
// line ends inside, repeated lines.
func TestOneSpelling(t *testing.T) {
	s := newSample(t, sampleRows(1, 300))
	retention := ledger.Retention{Origin: testOrigin, From: 12, Before: time.UnixMilli(1_764_600_000_000), At: time.UnixMilli(1_764_700_000_000)}
	statement, err := note.Sign(&note.Note{Text: retention.String()}, s.signer)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ledger.Prove(s.tiles, s.signed, s.key, s.rows[7])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		read func([]byte) error
	}{
		"checkpoint": {s.signed, func(b []byte) error { _, err := ledger.OpenCheckpoint(b, s.key); return err }},
		"retention":  {statement, func(b []byte) error { _, err := ledger.OpenRetention(b, s.key); return err }},
		"proof": {proof.Marshal(), func(b []byte) error {
			p, err := ledger.ParseProof(b)
			if err == nil {
				_, err = p.Verify(s.key)
			}
			return err
		}},
		"key": {[]byte(testPublic), func(b []byte) error {
			if bytes.Equal(bytes.TrimSpace(b), []byte(testPublic)) && !bytes.Equal(b, []byte(testPublic)) {
				return errSpace
			}
			_, err := ledger.NewVerifier(b)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := c.read(c.file); err != nil {
				t.Fatal(err)
			}
			edits(c.file, func(edited []byte, what string) {
				if !bytes.Equal(edited, c.file) && c.read(edited) == nil {
					t.Errorf("%s: accepted %q", what, edited)
				}
			})
		})
	}
}

// errSpace stands for the space around a key, which is ignored on purpose.
var errSpace = errors.New("space around the key")

// TestOneSpellingWithWitnesses: other keys' signatures are ignored, and must be well formed all the same.
func TestOneSpellingWithWitnesses(t *testing.T) {
	s := newSample(t, sampleRows(1, 3))
	const witness = "\u2014 witness.example AAAAAAAAAAA=\n"
	for line, want := range map[string]bool{
		witness:           true,
		witness + witness: false,
		strings.Replace(witness, "AAA=", "AAB=", 1):   false,
		strings.Replace(witness, "AAAA", "AA\rAA", 1): false,
		"\u2014 witness.example\n":                    false,
		witness + "\n":                                false,
		"trailing bytes\n":                            false,
	} {
		if _, err := ledger.OpenCheckpoint(append(bytes.Clone(s.signed), line...), s.key); (err == nil) != want {
			t.Errorf("%q after the checkpoint: %v", line, err)
		}
	}
}

// TestTileOfAnotherLength: what stands in for a partial tile is a whole full one.
func TestTileOfAnotherLength(t *testing.T) {
	for _, change := range []func([]byte) []byte{
		func(b []byte) []byte { return append(b, 0) },
		func(b []byte) []byte { return b[:44*32] },
	} {
		s, grown := newSample(t, sampleRows(1, 300)), newSample(t, sampleRows(1, 512))
		delete(s.tiles, "tile/0/001.p/44")
		s.put("tile/0/001", grown.tiles["tile/0/001"].Data)
		if v := verify(t, s.log(s.rows)); !v.OK() {
			t.Fatalf("a log that has grown: %v", v.Faults)
		}
		s.put("tile/0/001", change(bytes.Clone(grown.tiles["tile/0/001"].Data)))
		if v := verify(t, s.log(s.rows)); len(v.Faults) != 1 || v.Faults[0].Kind != ledger.TileChanged {
			t.Errorf("a tile of another length: %v", v.Faults)
		}
	}
}
