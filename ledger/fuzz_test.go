package ledger_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"cloison/ledger"
)

func seeds(f *testing.F, pattern string) (files [][]byte) {
	f.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		f.Fatal("no seeds for", pattern, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, data)
	}
	return files
}

// What ParseRow accepts has exactly one encoding.
func FuzzParseRow(f *testing.F) {
	for _, r := range sampleRows(1, 3) {
		f.Add(r.AppendCanonical(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ledger.ParseRow(data)
		if err != nil {
			return
		}
		if !bytes.Equal(r.AppendCanonical(nil), data) {
			t.Errorf("accepted another encoding of row %d", r.Seq)
		}
		if err := r.Check(); err != nil {
			t.Error(err)
		}
	})
}

// What ParseProof accepts has exactly one form.
func FuzzParseProof(f *testing.F) {
	for _, data := range seeds(f, "testdata/proofs/*") {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ledger.ParseProof(data)
		if err == nil && !bytes.Equal(p.Marshal(), data) {
			t.Errorf("accepted %q, which is written %q", data, p.Marshal())
		}
	})
}

// A checkpoint that the key opens is one that was signed: only its extension of other signatures may differ.
func FuzzOpenCheckpoint(f *testing.F) {
	for _, data := range seeds(f, "testdata/log/checkpoint") {
		f.Add(data)
	}
	_, key := sampleKey(f)
	want, err := os.ReadFile("testdata/log/checkpoint")
	if err != nil {
		f.Fatal(err)
	}
	text, _, _ := bytes.Cut(want, []byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ledger.OpenCheckpoint(data, key); err == nil && c.String() != string(text)+"\n" {
			t.Errorf("opened a checkpoint that nobody signed: %q", c)
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(testOrigin + "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Add(testOrigin + "\n260\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ledger.ParseCheckpoint(text)
		if err == nil && (len(text) < len(c.String()) || text[:len(c.String())] != c.String()) {
			t.Errorf("accepted %q, which is written %q", text, c)
		}
	})
}

// A log directory of any content gives faults, never a panic and never a sound verdict for rows that it does not hold.
func FuzzVerifyLog(f *testing.F) {
	f.Add([]byte{1}, []byte{2}, []byte{3})
	bundle, tile := seeds(f, "testdata/log/tile/entries/000")[0], seeds(f, "testdata/log/tile/0/000")[0]
	upper := seeds(f, "testdata/log/tile/1/000.p/1")[0]
	f.Add(bundle, tile, upper)
	s := newSample(f, sampleRows(1, 260))
	f.Fuzz(func(t *testing.T, bundle, tile, upper []byte) {
		s.put("tile/entries/000", bundle)
		s.put("tile/0/000", tile)
		s.put("tile/1/000.p/1", upper)
		if v := verify(t, s.log(s.rows[:259])); v.OK() {
			t.Error("a missing row was not found")
		}
	})
}
