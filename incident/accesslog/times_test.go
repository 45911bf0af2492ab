package accesslog

import (
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimes(t *testing.T) {
	noon := time.Date(2025, 12, 1, 12, 0, 0, 0, time.UTC).UnixNano()
	cases := []struct {
		layout, zone, text string
		want               int64 // 0: refused
	}{
		{"", "", "2025-12-01T13:00:00+01:00", noon},
		{"", "", "2025-12-01T12:00:00,5Z", noon + 5e8},
		{"", "", "2025-12-01 12:00:00Z", 0},
		{"", "", "0001-01-01T00:00:00Z", 0},
		{"", "", "9999-01-01T00:00:00Z", 0},
		{"2006-01-02 15:04:05", "", "2025-12-01 12:00:00", noon},
		{"2006-01-02 15:04:05", "Europe/Paris", "2025-12-01 13:00:00", noon},
		{combinedLayout, "", "01/Dec/2025:13:00:00 +0100", noon},
		{combinedLayout, "", "32/Dec/2025:13:00:00 +0100", 0},
		{"unix", "", "1764590400", noon},
		{"unix", "", "1764590400.25", noon + 25e7},
		{"unix", "", "1.7645904e9", noon},
		{"unix", "", "-1", -1e9},
		{"unix", "", "-0.5", -5e8},
		{"unix_ms", "", "1764590400001", noon + 1e6},
		{"unix_ms", "", "1764590400000.5", noon + 5e5},
		{"unix", "", "", 0}, {"unix", "", "-", 0}, {"unix", "", "12:00", 0}, {"unix", "", "1e400", 0}, {"unix", "", "99999999999999999999", 0},
		{"unix", "", "9300000000", 0}, {"unix", "", "0x10p1", 0}, {"unix_ms", "", "NaN", 0}, {"unix", "", "1.", 0}, {"unix", "", "1_000e1", 0},
	}
	for _, c := range cases {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		clock, err := newClock(c.layout, zone)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := clock.parse([]byte(c.text))
		if ok != (c.want != 0) || ok && got != c.want {
			t.Errorf("%q as %q: %d, %v; want %d", c.text, c.layout, got, ok, c.want)
		}
	}
}

// TestUnixIsExact compares with rational arithmetic: no float rounds a time.
func TestUnixIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(-9e9, 9e9).Draw(t, "seconds")
		fraction := rapid.StringMatching(`(\.[0-9]{1,12})?`).Draw(t, "fraction")
		text := fmt.Sprint(whole) + fraction
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatal(text)
		}
		exact.Mul(exact, big.NewRat(1e9, 1))
		want := new(big.Int).Quo(exact.Num(), exact.Denom())
		got, ok := parseUnix([]byte(text), 1e9)
		if !ok || !want.IsInt64() || got != want.Int64() {
			t.Fatalf("%s: %d, %v; want %v", text, got, ok, want)
		}
	})
}

func TestUnixNanoIsClamped(t *testing.T) {
	if unixNano(time.Time{}) != math.MinInt64 || unixNano(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)) != math.MaxInt64 {
		t.Error("times beyond 1678 to 2262 must be the ends of the range")
	}
}
