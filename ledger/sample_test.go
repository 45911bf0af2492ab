package ledger_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"

	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cloison"
	"cloison/ledger"
)

// The key of the tests and of testdata. It signs nothing else.
const (
	testOrigin  = "ledger.cloison.example/vectors"
	testPublic  = "ledger.cloison.example/vectors+edc398e7+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
	testPrivate = "PRIVATE+KEY+ledger.cloison.example/vectors+edc398e7+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// sample is a sealed ledger in memory, made with tlog and not with the code that it tests.
type sample struct {
	rows   []ledger.Row
	tiles  fstest.MapFS
	signed []byte
	signer note.Signer
	key    note.Verifier
}

func sampleRow(rng *rand.Rand, seq int64) ledger.Row {
	r := ledger.Row{Seq: seq, At: time.UnixMilli(1_764_600_000_000 + seq*37 + rng.Int64N(30)).UTC(),
		Account: cloison.AccountID(1 + rng.Int64N(1<<59)), Structure: cloison.StructureID(fmt.Sprintf("ML-%03d", rng.IntN(440))),
		Tool: "dossiers", Operation: []string{"read", "list", "reveal"}[rng.IntN(3)],
		Person: cloison.PersonRef(fmt.Sprintf("%09d", rng.IntN(1_600_000))), Fields: cloison.Fields(1 + rng.Uint32N(1<<16-1)),
		Explanation: []string{"caseload", "none", "appointment:31", "cover:n0123456789ab"}[rng.IntN(4)],
		Session:     cloison.SessionID(1 + rng.Int64N(1<<59)), Request: fmt.Sprintf("%016x", rng.Uint64())}
	binary.BigEndian.PutUint64(r.Nonce[:], rng.Uint64())
	binary.BigEndian.PutUint64(r.Nonce[8:], rng.Uint64())
	return r
}

func sampleRows(seed uint64, n int) []ledger.Row {
	rng := rand.New(rand.NewPCG(seed, 1))
	rows := make([]ledger.Row, n)
	for i := range rows {
		rows[i] = sampleRow(rng, int64(i+1))
	}
	return rows
}

func newSample(tb failer, rows []ledger.Row) *sample {
	tb.Helper()
	s := &sample{rows: rows, tiles: fstest.MapFS{}}
	s.signer, s.key = sampleKey(tb)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var list []tlog.Hash
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	var bundle []byte
	for i := range rows {
		leaf := rows[i].Leaf()
		hashes, err := tlog.StoredHashes(int64(i), leaf[:], reader)
		if err != nil {
			tb.Fatal(err)
		}
		stored = append(stored, hashes...)
		bundle = append(append(bundle, 0, byte(len(leaf))), leaf[:]...)
		if n := i + 1; n%256 == 0 {
			s.put(tilePath("entries", int64(i/256), 256), bundle)
			bundle = nil
		} else if n == len(rows) {
			s.put(tilePath("entries", int64(i/256), n%256), bundle)
		}
	}
	for _, t := range tlog.NewTiles(8, 0, int64(len(rows))) {
		data, err := tlog.ReadTileData(t, reader)
		if err != nil {
			tb.Fatal(err)
		}
		s.put(tilePath(fmt.Sprint(t.L), t.N, t.W), data)
	}
	root, err := tlog.TreeHash(int64(len(rows)), reader)
	if err != nil {
		tb.Fatal(err)
	}
	s.sign(tb, int64(len(rows)), root)
	return s
}

func sampleKey(tb failer) (note.Signer, note.Verifier) {
	tb.Helper()
	signer, err := note.NewSigner(testPrivate)
	if err != nil {
		tb.Fatal(err)
	}
	public, err := note.NewVerifier(testPublic)
	if err != nil {
		tb.Fatal(err)
	}
	return signer, public
}

func (s *sample) put(name string, data []byte) { s.tiles[name] = &fstest.MapFile{Data: data} }

func (s *sample) sign(tb failer, size int64, root tlog.Hash) {
	tb.Helper()
	s.signText(tb, fmt.Sprintf("%s\n%d\n%s\n", testOrigin, size, root))
}

func (s *sample) signText(tb failer, text string) {
	tb.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		tb.Fatal(err)
	}
	s.signed = signed
	s.put("checkpoint", signed)
}

// tilePath spells the layout of C2SP tlog-tiles on its own.
func tilePath(level string, n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	if n >= 1000 {
		path = fmt.Sprintf("x%03d/%s", n/1000, path)
	}
	if n >= 1_000_000 {
		panic("a sample is not that large")
	}
	if width < 256 {
		path += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + path
}

func stream(rows []ledger.Row) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *sample) log(rows []ledger.Row) ledger.Log {
	return ledger.Log{Rows: stream(rows), Tiles: s.tiles, Key: s.key}
}

func verify(tb failer, l ledger.Log) ledger.Verification {
	tb.Helper()
	v, err := ledger.VerifyLog(tb.Context(), l)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// failer is what the helpers need of a test, a benchmark or a property.
type failer interface {
	Helper()
	Fatal(...any)
	Context() context.Context
}
