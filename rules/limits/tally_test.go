package limits_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"

	"pgregory.net/rapid"

	"cloison"
	"cloison/rules/limits"
)

func drawTally(t *rapid.T) limits.Tally {
	count := rapid.Int32Range(0, 1<<30)
	y := limits.Tally{
		Day:      count.Draw(t, "day"),
		Persons:  count.Draw(t, "persons"),
		Attempts: count.Draw(t, "attempts"),
		Left:     count.Draw(t, "left"),
		Latched:  rapid.Bool().Draw(t, "latched"),
	}
	y.Pooled = rapid.Int32Range(0, y.Persons).Draw(t, "pooled")
	y.Unexplained = rapid.Int32Range(0, y.Persons).Draw(t, "unexplained")
	for i := range y.Stream {
		y.Stream[i] = rapid.Float64Range(0, math.MaxFloat64).Draw(t, "R")
	}
	return y
}

func TestTallyReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawTally(t)
		b, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		got := limits.Tally{Day: 7}
		if err := got.UnmarshalBinary(b); err != nil || got != want {
			t.Fatalf("%+v read back as %+v, %v", want, got, err)
		}
	})
}

// TestTallyFormat pins the stored bytes: they outlive this program.
func TestTallyFormat(t *testing.T) {
	y := limits.Tally{Day: 20423, Persons: 60, Pooled: 3, Unexplained: 2, Attempts: 5, Left: 19, Latched: true,
		Stream: limits.Stream{0, 1, 1.5, 2e5, math.MaxFloat64}}
	const want = "0101" + "00004fc7" + "0000003c" + "00000003" + "00000002" + "00000005" + "00000013" +
		"0000000000000000" + "3ff0000000000000" + "3ff8000000000000" + "41086a0000000000" + "7fefffffffffffff"
	b, err := y.MarshalBinary()
	if err != nil || hex.EncodeToString(b) != want {
		t.Fatalf("%x, %v", b, err)
	}
}

func TestCorruptTallyIsRefused(t *testing.T) {
	good, err := limits.Tally{Day: 20423, Persons: 3, Unexplained: 1}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	put := func(at int, x uint64) func([]byte) []byte {
		return func(b []byte) []byte {
			for i := range 8 {
				b[at+i] = byte(x >> (56 - 8*i))
			}
			return b
		}
	}
	stream := len(good) - 8*limits.Stakes
	for name, change := range map[string]func([]byte) []byte{
		"empty":          func([]byte) []byte { return nil },
		"short":          func(b []byte) []byte { return b[:len(b)-1] },
		"long":           func(b []byte) []byte { return append(b, 0) },
		"version 0":      func(b []byte) []byte { b[0] = 0; return b },
		"version 2":      func(b []byte) []byte { b[0] = 2; return b },
		"unknown flag":   func(b []byte) []byte { b[1] = 2; return b },
		"negative day":   func(b []byte) []byte { b[2] = 0x80; return b },
		"huge count":     func(b []byte) []byte { b[6] = 0x7f; return b },
		"more than all":  func(b []byte) []byte { b[17] = 4; return b },
		"NaN":            put(stream, math.Float64bits(math.NaN())),
		"infinite":       put(stream+8, math.Float64bits(math.Inf(1))),
		"below zero":     put(stream+16, math.Float64bits(-1)),
		"negative zero":  put(stream+24, 1<<63),
		"minus infinity": put(stream+32, math.Float64bits(math.Inf(-1))),
	} {
		before := limits.Tally{Day: 1, Left: 9}
		got := before
		if err := got.UnmarshalBinary(change(bytes.Clone(good))); cloison.KindOf(err) != cloison.Internal || err == nil || got != before {
			t.Errorf("%s: read as %+v, %v", name, got, err)
		}
	}
	for _, y := range []limits.Tally{{Persons: -1}, {Unexplained: 1}, {Stream: limits.Stream{math.NaN()}}} {
		if _, err := y.MarshalBinary(); err == nil {
			t.Errorf("%+v was written", y)
		}
	}
}

func FuzzTallyUnmarshal(f *testing.F) {
	for _, y := range []limits.Tally{{}, {Day: 20423, Persons: 60, Pooled: 3, Unexplained: 2, Latched: true, Stream: limits.Stream{1, 2, 3, 4, 5}}} {
		b, err := y.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(append(b, 0))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var y limits.Tally
		if y.UnmarshalBinary(b) != nil {
			return
		}
		again, err := y.MarshalBinary()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x read as %+v, written as %x, %v", b, y, again, err)
		}
	})
}

func TestRollForgetsTheDayAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := drawTally(t)
		if same, err := y.Advance(y.Day); err != nil || same != y {
			t.Fatalf("the same day changed %+v to %+v, %v", y, same, err)
		}
		next, err := y.Advance(y.Day + 1)
		want := limits.Tally{Day: y.Day + 1, Left: y.Left, Stream: y.Stream, Latched: y.Latched}
		if err != nil || next != want {
			t.Fatalf("%+v rolled to %+v, %v", y, next, err)
		}
		if back, err := next.Advance(y.Day); cloison.KindOf(err) != cloison.Unavailable || back != next {
			t.Fatalf("a day that goes back gave %+v, %v", back, err)
		}
	})
}
