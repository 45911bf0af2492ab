package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/ledger"
)

// Sizes around tile borders, where mistakes live.
var sizes = []int{1, 2, 3, 255, 256, 257, 511, 512, 600, 769, 1024, 1301}

// samples makes each sample once; a property gets its own copy of the files.
type samples map[int]*sample

func (all samples) draw(t *rapid.T) *sample {
	n := rapid.SampledFrom(sizes).Draw(t, "size")
	if all[n] == nil {
		all[n] = newSample(asTB{t}, sampleRows(uint64(n), n))
	}
	s := *all[n]
	s.tiles = maps.Clone(s.tiles)
	return &s
}

func TestSoundLog(t *testing.T) {
	for _, n := range append([]int{0}, sizes...) {
		s := newSample(t, sampleRows(1, n+5)[:n])
		pending := sampleRows(1, n+5)
		v := verify(t, s.log(pending))
		if !v.OK() || v.Rows != int64(n+5) || v.Sealed != int64(n) || v.Pending != 5 || v.Checkpoint.Size != int64(n) {
			t.Errorf("size %d: %+v", n, v)
		}
	}
}

// Each change changes one field, and by as little as the field allows.
var changes = map[string]func(*ledger.Row){
	"at":          func(r *ledger.Row) { r.At = r.At.Add(time.Millisecond) },
	"at, below":   func(r *ledger.Row) { r.At = r.At.Add(time.Nanosecond) },
	"account":     func(r *ledger.Row) { r.Account ^= 2 },
	"structure":   func(r *ledger.Row) { r.Structure += "x" },
	"tool":        func(r *ledger.Row) { r.Tool = "Dossiers" },
	"operation":   func(r *ledger.Row) { r.Operation = "" },
	"person":      func(r *ledger.Row) { r.Person = "999999999" },
	"fields":      func(r *ledger.Row) { r.Fields ^= cloison.NIR },
	"explanation": func(r *ledger.Row) { r.Explanation += " " },
	"session":     func(r *ledger.Row) { r.Session ^= 4 },
	"request":     func(r *ledger.Row) { r.Request = r.Request[1:] },
	"nonce":       func(r *ledger.Row) { r.Nonce[15] ^= 1 },
	"border":      func(r *ledger.Row) { r.Tool, r.Operation = r.Tool+r.Operation[:1], r.Operation[1:] },
}

func TestChangedRowIsNamed(t *testing.T) {
	all := samples{}
	rapid.Check(t, func(t *rapid.T) {
		s := all.draw(t)
		rows := slices.Clone(s.rows)
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		changes[rapid.SampledFrom(slices.Sorted(maps.Keys(changes))).Draw(t, "field")](&rows[i])
		wantFaults(t, verify(asTB{t}, s.log(rows)), ledger.RowChanged, int64(i+1))
	})
}

func TestMissingAddedMovedRowIsNamed(t *testing.T) {
	all := samples{}
	rapid.Check(t, func(t *rapid.T) {
		s := all.draw(t)
		rows := slices.Clone(s.rows)
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "i")
		j := rapid.IntRange(0, len(rows)-1).Draw(t, "j")
		i, j = min(i, j), max(i, j)
		switch rapid.SampledFrom([]string{"drop", "repeat", "later", "swap numbers", "from zero"}).Draw(t, "what") {
		case "drop":
			wantFaults(t, verify(asTB{t}, s.log(slices.Delete(rows, i, j+1))), ledger.RowMissing, int64(i+1))
		case "repeat":
			wantFaults(t, verify(asTB{t}, s.log(slices.Insert(rows, j, rows[i]))), ledger.RowAdded, int64(i+1))
		case "later":
			moved := rows[i]
			rows = slices.Insert(slices.Delete(rows, i, i+1), j, moved)
			if v := verify(asTB{t}, s.log(rows)); i == j {
				wantFaults(t, v, "")
			} else {
				wantFaults(t, v, ledger.RowMoved, int64(i+1))
			}
		case "swap numbers":
			rows[i].Seq, rows[j].Seq = rows[j].Seq, rows[i].Seq
			rows[i], rows[j] = rows[j], rows[i]
			if v := verify(asTB{t}, s.log(rows)); i == j {
				wantFaults(t, v, "")
			} else {
				wantFaults(t, v, ledger.RowMoved, int64(i+1), int64(j+1))
			}
		case "from zero":
			extra := rows[0]
			extra.Seq = 0
			v := verify(asTB{t}, s.log(slices.Insert(rows, 0, extra)))
			wantFaults(t, v, ledger.RowAdded, 0)
		}
	})
}

// A row taken out of the database with the following ones renumbered: each is named, with where it comes from.
func TestRenumberedRowsAreNamed(t *testing.T) {
	s := newSample(t, sampleRows(1, 40))
	rows := slices.Delete(slices.Clone(s.rows), 9, 10)
	for i := range rows {
		rows[i].Seq = int64(i + 1)
	}
	v := verify(t, s.log(rows))
	if len(v.Faults) != 31 || v.Faults[0].Kind != ledger.RowMoved || !strings.HasSuffix(v.Faults[0].Detail, "row 11") {
		t.Errorf("%d faults, the first: %v", len(v.Faults), v.Faults[0])
	}
	if last := v.Faults[len(v.Faults)-1]; last.Kind != ledger.RowMissing || last.Seq != 40 {
		t.Errorf("the last: %v", last)
	}
}

// Any damage to any one file is named and never blamed on the rows.
func TestDamagedFileIsNamed(t *testing.T) {
	all := samples{}
	rapid.Check(t, func(t *rapid.T) {
		s := all.draw(t)
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(s.tiles))).Draw(t, "file")
		data := bytes.Clone(s.tiles[name].Data)
		switch at := rapid.IntRange(0, len(data)-1).Draw(t, "at"); rapid.SampledFrom([]string{"flip", "cut", "remove", "longer"}).Draw(t, "what") {
		case "flip":
			data[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			s.put(name, data)
		case "cut":
			s.put(name, data[:at])
		case "longer":
			s.put(name, append(data, data[at]))
		case "remove":
			delete(s.tiles, name)
		}
		v := verify(asTB{t}, s.log(s.rows))
		want := ledger.TileChanged
		switch {
		case name == "checkpoint":
			want = ledger.BadCheckpoint
		case strings.HasPrefix(name, "tile/entries/"):
			want = ledger.LeafChanged
		}
		if len(v.Faults) != 1 || v.Faults[0].Kind != want {
			t.Fatalf("%s: %v, want one %q", name, v.Faults, want)
		}
	})
}

// Whatever a forger without the key does to rows and files together, something that covers the row is named.
func TestForgedRowWithItsFiles(t *testing.T) {
	all := samples{}
	rapid.Check(t, func(t *rapid.T) {
		s := all.draw(t)
		rows := slices.Clone(s.rows)
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		rows[i].Fields ^= cloison.NIR
		forged := newSample(asTB{t}, rows)
		for _, name := range slices.Sorted(maps.Keys(s.tiles)) {
			if name != "checkpoint" && rapid.Bool().Draw(t, name) {
				s.tiles[name] = forged.tiles[name]
			}
		}
		v := verify(asTB{t}, s.log(rows))
		if !slices.ContainsFunc(v.Faults, func(f ledger.Fault) bool { return f.Seq == 0 || f.Seq <= int64(i+1) && int64(i+1) <= f.Last }) {
			t.Fatalf("row %d is not among %v", i+1, v.Faults)
		}
	})
}

func TestOlderCheckpoints(t *testing.T) {
	rows := sampleRows(1, 700)
	other := slices.Clone(rows)
	other[199].Fields ^= cloison.NIR
	log := func(rows []ledger.Row, n int) *sample { return newSample(t, rows[:n]) }
	now := log(rows, 600)
	for name, test := range map[string]struct {
		older []byte
		want  ledger.Kind
	}{
		"continued":          {log(rows, 300).signed, ""},
		"the same":           {now.signed, ""},
		"empty":              {log(rows, 0).signed, ""},
		"before the rewrite": {log(other, 199).signed, ""},
		"rolled back":        {log(rows, 601).signed, ledger.RolledBack},
		"forked":             {log(other, 300).signed, ledger.Forked},
		"forked, same size":  {log(other, 600).signed, ledger.Forked},
		"not signed":         {bytes.Replace(now.signed, []byte("600"), []byte("500"), 1), ledger.BadOlder},
	} {
		l := now.log(rows[:600])
		l.Older = [][]byte{test.older}
		v := verify(t, l)
		if test.want == "" && !v.OK() || test.want != "" && (len(v.Faults) != 1 || v.Faults[0].Kind != test.want) {
			t.Errorf("%s: %v, want %q", name, v.Faults, test.want)
		}
	}
}

func TestRetention(t *testing.T) {
	s := newSample(t, sampleRows(1, 700))
	for _, from := range []int64{2, 256, 257, 258, 600, 700, 701} {
		for _, kept := range []int64{1, from / 2, from - 1, from} { // rows that may still be there
			l := s.log(s.rows[max(kept, 1)-1:])
			l.From = from
			if v := verify(t, l); !v.OK() {
				t.Errorf("from %d, kept from %d: %v", from, kept, v.Faults)
			}
		}
		l := s.log(s.rows[from-1:])
		if from <= 700 {
			l.From = from - 1
		}
		if v := verify(t, l); from <= 700 && v.OK() {
			t.Errorf("row %d is missing and was not found", from-1)
		}
	}
}

// Three levels of tiles, and each damaged tile of the upper ones is named while the rows stay proved.
func TestUpperTiles(t *testing.T) {
	s := newSample(t, sampleRows(1, 66_000))
	if v := verify(t, s.log(s.rows)); !v.OK() {
		t.Fatal(v.Faults)
	}
	for _, name := range []string{"tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/0/003", "tile/0/257.p/208"} {
		whole := s.tiles[name]
		for _, broken := range []*fstest.MapFile{nil, {Data: append([]byte{whole.Data[0] ^ 1}, whole.Data[1:]...)}} {
			if delete(s.tiles, name); broken != nil {
				s.tiles[name] = broken
			}
			l := s.log(s.rows)
			if broken != nil {
				l.Rows = nil // once with the rows is enough
			}
			if v := verify(t, l); len(v.Faults) != 1 || v.Faults[0].Kind != ledger.TileChanged || !strings.Contains(v.Faults[0].Detail, name) {
				t.Errorf("%s: %v", name, v.Faults)
			}
		}
		s.tiles[name] = whole
	}
}

func TestLogWithoutRows(t *testing.T) {
	s := newSample(t, sampleRows(1, 600))
	l := s.log(nil)
	l.Rows = nil
	if v := verify(t, l); !v.OK() || v.Sealed != 600 {
		t.Errorf("%+v", v)
	}
	s.tiles["tile/entries/001"].Data[70] ^= 1
	if v := verify(t, l); len(v.Faults) != 1 || v.Faults[0].Kind != ledger.LeafChanged || v.Faults[0].Seq != 256+3 {
		t.Errorf("%v", v.Faults)
	}
}

func TestManyFaultsAreCounted(t *testing.T) {
	s := newSample(t, sampleRows(1, 9000))
	rows := slices.Clone(s.rows)
	for i := range rows {
		rows[i].Fields ^= cloison.NIR
	}
	v := verify(t, s.log(rows))
	if len(v.Faults) != ledger.MaxFaults || v.More != int64(len(rows)-ledger.MaxFaults) {
		t.Fatalf("%d faults and %d more", len(v.Faults), v.More)
	}
	for i, f := range v.Faults {
		if f.Seq != int64(i+1) {
			t.Fatalf("fault %d is about row %d: the first rows must be named first", i, f.Seq)
		}
	}
}

func TestStreamErrorAndCancel(t *testing.T) {
	s := newSample(t, sampleRows(1, 600))
	broken := errors.New("the database went away")
	l := s.log(nil)
	l.Rows = func(yield func(ledger.Row, error) bool) {
		if yield(s.rows[0], nil) {
			yield(ledger.Row{}, broken)
		}
	}
	if _, err := ledger.VerifyLog(t.Context(), l); !errors.Is(err, broken) {
		t.Errorf("got %v, want the stream's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ledger.VerifyLog(ctx, s.log(s.rows)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}

func TestProgressReachesTheEnd(t *testing.T) {
	s := newSample(t, sampleRows(1, 700))
	var got []int64
	l := s.log(s.rows)
	l.Progress = func(rows int64) { got = append(got, rows) }
	verify(t, l)
	if len(got) == 0 || got[len(got)-1] != 700 || !slices.IsSorted(got) {
		t.Errorf("progress %v, want it to rise to 700", got)
	}
}

// wantFaults fails unless the faults are exactly these rows' and of this kind.
func wantFaults(t *rapid.T, v ledger.Verification, kind ledger.Kind, seqs ...int64) {
	t.Helper()
	var got []string
	for _, f := range v.Faults {
		got = append(got, fmt.Sprint(f.Kind, " ", f.Seq))
	}
	var want []string
	for _, seq := range seqs {
		want = append(want, fmt.Sprint(kind, " ", seq))
	}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Fatalf("got %v, want %v", v.Faults, want)
	}
}

// asTB lets helpers written for testing.TB run inside a property.
type asTB struct{ *rapid.T }

func (t asTB) Context() context.Context { return context.Background() }
