package directory

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMovingFeasts: the dates of Easter Monday, Ascension and Whit Monday as published by the French State for 2024
// to 2028, and the extremes of the Gregorian Easter.
func TestMovingFeasts(t *testing.T) {
	for _, day := range []string{"2024-04-01", "2024-05-09", "2024-05-20", "2025-04-21", "2025-05-29", "2025-06-09",
		"2026-04-06", "2026-05-14", "2026-05-25", "2027-03-29", "2027-05-06", "2027-05-17", "2028-04-17", "2028-05-25",
		"2028-06-05"} {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if !publicHoliday(d) {
			t.Errorf("%s is a public holiday", day)
		}
	}
	for year, want := range map[int]string{1818: "03-22", 1943: "04-25", 2000: "04-23", 2038: "04-25", 2285: "03-22"} {
		if got := easter(year).Format("01-02"); got != want {
			t.Errorf("Easter of %d is %s, got %s", year, want, got)
		}
	}
}

func TestElevenHolidaysAYear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(1900, 2300).Draw(t, "year")
		n := 0
		for d := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if publicHoliday(d) {
				n++
			}
		}
		if n != 11 && n != 10 { // Ascension falls on 1 or 8 May in some years
			t.Fatalf("%d holidays", n)
		}
	})
}

func TestAfterWorkingDays(t *testing.T) {
	zone := paris()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2025-12-01T09:30:00+01:00", 10, "2025-12-15T09:30:00+01:00"},
		{"2025-12-19T18:00:00+01:00", 10, "2026-01-06T18:00:00+01:00"}, // Christmas and New Year lie between
		{"2026-04-30T09:00:00+02:00", 10, "2026-05-19T09:00:00+02:00"}, // 1 May, 8 May, Ascension
		{"2026-03-27T09:00:00+01:00", 1, "2026-03-30T09:00:00+02:00"},  // the clocks change
		{"2026-04-30T23:30:00Z", 1, "2026-05-04T01:30:00+02:00"},       // in France it is 1 May already
	} {
		from, _ := time.Parse(time.RFC3339, c.from)
		want, _ := time.Parse(time.RFC3339, c.want)
		if got := AfterWorkingDays(from, c.n, zone); !got.Equal(want) {
			t.Errorf("%d working days after %s: got %s, want %s", c.n, c.from, got.In(zone).Format(time.RFC3339),
				c.want)
		}
	}
}

func TestAfterMonths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2024, 1, rapid.IntRange(1, 1500).Draw(t, "day"), 12, 0, 0, 0, time.UTC)
		n := rapid.IntRange(1, 24).Draw(t, "months")
		got := AfterMonths(from, n)
		months := func(t time.Time) int { return t.Year()*12 + int(t.Month()) }
		if months(got)-months(from) != n {
			t.Fatalf("%s and %d months is %s", from, n, got)
		}
		if got.Day() != from.Day() && got.AddDate(0, 0, 1).Day() != 1 {
			t.Fatalf("%s and %d months is %s: neither the day nor the last of the month", from, n, got)
		}
	})
}
