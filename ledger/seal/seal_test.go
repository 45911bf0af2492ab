package seal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"

	"cloison"
	"cloison/internal/testkit"
	"cloison/ledger"
	"cloison/ledger/seal"
)

const origin = "ledger.cloison.example/test"

// bench is one ledger with its log and a way to run sealers on it.
type bench struct {
	*sqliteLedger
	dir string
	key seal.Key
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	dir := tb.TempDir()
	key, err := seal.GenerateKey(filepath.Join(dir, "log.key"), origin)
	if err != nil {
		tb.Fatal(err)
	}
	return &bench{sqliteLedger: openLedger(tb, dir), dir: dir, key: key}
}

func (b *bench) logDir() string { return filepath.Join(b.dir, "log") }

// config is faster than the default, so that tests are.
func (b *bench) config(holder string) seal.Config {
	return seal.Config{Dir: b.logDir(), Key: b.key, Holder: holder, Pace: time.Millisecond, Poll: 20 * time.Millisecond,
		Lease: 300 * time.Millisecond}
}

func (b *bench) sealer(tb testing.TB, holder string) *seal.Sealer {
	tb.Helper()
	s, err := seal.New(b.sqliteLedger, b.config(holder), testkit.Quiet(), time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// start runs the sealer until the returned function is called, which gives what Run returned.
func start(s *seal.Sealer) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() error { cancel(); return <-done }
}

// waitSealed waits until the mark covers size rows.
func (b *bench) waitSealed(tb testing.TB, size uint64) {
	tb.Helper()
	testkit.Until(tb, fmt.Sprintf("not all of %d rows are sealed", size), func() bool {
		m, err := b.Sealed(context.Background())
		if err != nil {
			tb.Fatal(err)
		}
		return m.Size >= size
	})
}

// fsck checks the log with Tessera's own checker, a reader that shares nothing with package ledger.
func (b *bench) fsck(tb testing.TB) {
	tb.Helper()
	v, err := b.key.Verifier()
	if err != nil {
		tb.Fatal(err)
	}
	hasher := func(bundle []byte) ([][]byte, error) {
		var eb api.EntryBundle
		if err := eb.UnmarshalText(bundle); err != nil {
			return nil, err
		}
		var hashes [][]byte
		for _, e := range eb.Entries {
			hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(e))
		}
		return hashes, nil
	}
	if err := fsck.New(origin, v, client.FileFetcher{Root: b.logDir()}, hasher, fsck.Opts{N: 2}).Check(context.Background()); err != nil {
		tb.Fatalf("fsck: %v", err)
	}
}

// verify checks rows and log with package ledger, and that the log continues the older checkpoints.
func (b *bench) verify(tb testing.TB, older ...[]byte) ledger.Verification {
	tb.Helper()
	key, err := b.key.Verifier()
	if err != nil {
		tb.Fatal(err)
	}
	v, err := seal.Verify(context.Background(), b.sqliteLedger, ledger.Log{Tiles: os.DirFS(b.logDir()), Key: key, Older: older})
	if err != nil {
		tb.Fatal(err)
	}
	if !v.OK() {
		tb.Fatalf("faults: %v", v.Faults)
	}
	return v
}

// sealAll runs a sealer until every committed row is sealed, and checks the result with both verifiers.
func (b *bench) sealAll(tb testing.TB, older ...[]byte) {
	tb.Helper()
	var rows uint64
	if err := b.db.QueryRow(`SELECT coalesce(max(seq), 0) FROM disclosure`).Scan(&rows); err != nil {
		tb.Fatal(err)
	}
	stop := start(b.sealer(tb, "last"))
	b.waitSealed(tb, rows)
	if err := stop(); err != nil {
		tb.Fatal(err)
	}
	if v := b.verify(tb, older...); v.Sealed != int64(rows) || v.Pending != 0 {
		tb.Fatalf("%d rows sealed and %d pending, want %d and 0", v.Sealed, v.Pending, rows)
	}
	b.fsck(tb)
}

// prove proves a row of the bench's store.
func (b *bench) prove(seq int64) (ledger.Proof, error) {
	row, err := seal.Row(context.Background(), b, seq)
	if err != nil {
		return ledger.Proof{}, err
	}
	v, err := b.key.Verifier()
	if err != nil {
		return ledger.Proof{}, err
	}
	return seal.Prove(os.DirFS(b.logDir()), v, row)
}

func TestSealAndProve(t *testing.T) {
	b := newBench(t)
	s := b.sealer(t, "one")
	stop := start(s)
	total := 0
	for _, n := range []int{1, 2, 253, 1, 300, 1000} {
		b.commit(t, n)
		s.Wake()
		total += n
		b.waitSealed(t, uint64(total))
	}
	v, _ := b.key.Verifier()
	for _, seq := range []int64{1, 2, 256, 257, int64(total)} {
		p, err := b.prove(seq)
		if err != nil {
			t.Fatal(err)
		}
		read, err := ledger.ParseProof(p.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read.Verify(v); err != nil {
			t.Errorf("row %d: %v", seq, err)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b.fsck(t)
	b.verify(t)
	if _, err := b.prove(int64(total + 1)); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("proof of a row that is not there: %v", err)
	}
	if st := s.Stats(); st.Leading || st.Size != int64(total) || st.Rows != int64(total) || st.Batches < 6 || st.Failures != 0 {
		t.Errorf("stats %+v", st)
	}
}

// What the operator of a database can do to a sealed row is found and named, with the public key alone.
func TestChangedDatabaseIsFound(t *testing.T) {
	b := newBench(t)
	b.commit(t, 300)
	b.sealAll(t)
	exec := func(query string) {
		if _, err := b.db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE rows AS SELECT * FROM disclosure; CREATE TABLE marks AS SELECT * FROM mark`)
	key, err := b.key.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		`UPDATE disclosure SET fields = fields | 8 WHERE seq = 123`: "row 123: row changed",
		`UPDATE disclosure SET at = at + 1 WHERE seq = 1`:           "row 1: row changed",
		`DELETE FROM disclosure WHERE seq BETWEEN 50 AND 60`:        "rows 50 to 60: row missing",
		`DELETE FROM disclosure WHERE seq > 255`:                    "rows 256 to 300: row missing",
		`DELETE FROM disclosure`:                                    "rows 1 to 300: row missing",
		`UPDATE disclosure SET seq = CASE seq WHEN 7 THEN -8 ELSE -7 END WHERE seq IN (7, 8);
		 UPDATE disclosure SET seq = -seq WHERE seq < 0`: "row 7: row moved: it holds what was sealed as row 8",
		`UPDATE mark SET checkpoint = 'forged'`: "bad old checkpoint",
	} {
		exec(query)
		v, err := seal.Verify(t.Context(), b.sqliteLedger, ledger.Log{Tiles: os.DirFS(b.logDir()), Key: key})
		if err != nil || len(v.Faults) == 0 || !strings.HasPrefix(v.Faults[0].String(), want) {
			t.Errorf("%s\ngot %v, %v; want %q", query, v.Faults, err, want)
		}
		exec(`DELETE FROM disclosure; INSERT INTO disclosure SELECT * FROM rows; DELETE FROM mark; INSERT INTO mark SELECT * FROM marks`)
	}
}
