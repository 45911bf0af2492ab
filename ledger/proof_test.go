package ledger_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cloison"
	"cloison/ledger"
)

// Every row of every log has a proof that survives its file form; no other file proves anything else.
func TestProofs(t *testing.T) {
	all := samples{}
	rapid.Check(t, func(t *rapid.T) {
		s := all.draw(t)
		row := s.rows[rapid.IntRange(0, len(s.rows)-1).Draw(t, "row")]
		p, err := ledger.Prove(s.tiles, s.signed, s.key, row)
		if err != nil {
			t.Fatal(err)
		}
		file := p.Marshal()
		read, err := ledger.ParseProof(file)
		if err != nil || read.Row != row || !slices.Equal(read.Path, p.Path) {
			t.Fatalf("reads back as %+v, %v", read, err)
		}
		if c, err := read.Verify(s.key); err != nil || c.Size != int64(len(s.rows)) {
			t.Fatalf("checkpoint %v, %v", c, err)
		}
		at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
		file[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if read, err := ledger.ParseProof(file); err == nil {
			if _, err := read.Verify(s.key); err == nil {
				t.Fatalf("still proves row %d with byte %d changed", row.Seq, at)
			}
		}
	})
}

func TestProveRefuses(t *testing.T) {
	s := newSample(t, sampleRows(1, 300))
	next := sampleRows(1, 301)[300]
	changed := s.rows[7]
	changed.Explanation = "none, really"
	for name, test := range map[string]struct {
		row  ledger.Row
		want cloison.Kind
	}{
		"not sealed": {next, cloison.NotFound},
		"no number":  {ledger.Row{}, cloison.NotFound},
		"changed":    {changed, cloison.Internal},
	} {
		if _, err := ledger.Prove(s.tiles, s.signed, s.key, test.row); err == nil || cloison.KindOf(err) != test.want {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if _, err := ledger.Prove(s.tiles, bytes.ToUpper(s.signed), s.key, s.rows[0]); cloison.KindOf(err) != cloison.Invalid {
		t.Errorf("false checkpoint: %v", err)
	}
	delete(s.tiles, "tile/0/000")
	if _, err := ledger.Prove(s.tiles, s.signed, s.key, s.rows[0]); err == nil {
		t.Error("proved without the tile")
	}
}

func TestCheckpointOfAnotherLog(t *testing.T) {
	s := newSample(t, sampleRows(1, 3))
	text, signature, _ := strings.Cut(string(s.signed), "\n\n")
	if _, err := ledger.OpenCheckpoint([]byte(text+"\n\n"+signature), s.key); err != nil {
		t.Fatal(err)
	}
	// Signed by the right key, but the text is of another origin.
	s.signed = nil
	other := ledger.Checkpoint{Origin: "other.example", Size: 3}
	s.signText(t, other.String())
	if _, err := ledger.OpenCheckpoint(s.signed, s.key); err == nil || !strings.Contains(err.Error(), "other.example") {
		t.Errorf("a checkpoint of another origin: %v", err)
	}
}

func TestRowCheck(t *testing.T) {
	for name, change := range map[string]func(*ledger.Row){
		"no number":     func(r *ledger.Row) { r.Seq = 0 },
		"no account":    func(r *ledger.Row) { r.Account = 0 },
		"session":       func(r *ledger.Row) { r.Session = -1 },
		"nanoseconds":   func(r *ledger.Row) { r.At = r.At.Add(1) },
		"year":          func(r *ledger.Row) { r.At = r.At.AddDate(-100, 0, 0) },
		"no person":     func(r *ledger.Row) { r.Person = "" },
		"control":       func(r *ledger.Row) { r.Person = "a\nb" },
		"not UTF-8":     func(r *ledger.Row) { r.Explanation = "\xff" },
		"person, UTF-8": func(r *ledger.Row) { r.Person = "\xff" },
		"long":          func(r *ledger.Row) { r.Request = strings.Repeat("x", 1025) },
	} {
		r := sampleRows(1, 1)[0]
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		if change(&r); cloison.KindOf(r.Check()) != cloison.Invalid || r.Check() == nil {
			t.Errorf("%s: %v, want invalid", name, r.Check())
		}
		if r.Person != "" && r.Check() != nil && len(r.Person) > 3 && strings.Contains(r.Check().Error(), string(r.Person)) {
			t.Errorf("%s: the error tells the person", name)
		}
	}
}
