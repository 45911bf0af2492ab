package lifecycle

import (
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// weeks are working days, Monday to Friday, from day 4 on: day 4 of 1970 was a Monday.
func weeks(n int) (days []int32) {
	for w := range int32(n) {
		for d := range int32(5) {
			days = append(days, 4+7*w+d)
		}
	}
	return days
}

// TestNobodyRaisesAMedianByMoreThanAFifthAWeek, whatever is shown on whichever day, and whenever the job did not run.
func TestNobodyRaisesAMedianByMoreThanAFifthAWeek(t *testing.T) {
	const floor = 100
	rapid.Check(t, func(t *rapid.T) {
		all := weeks(12)
		var known []Day
		set := map[int32]int{}
		for i, day := range all {
			known = append(known, Day{Structure: "S", Day: day, Persons: rapid.IntRange(0, 5000).Draw(t, "persons")})
			if i < window || rapid.IntRange(0, 9).Draw(t, "down") == 0 {
				continue
			}
			m := medians(known, all[i-window+1:i+1], floor)["S"]
			known[len(known)-1].Median, set[day] = m, m
			base := floor
			for earlier := day - 7; earlier >= 0; earlier-- {
				if b, ok := set[earlier]; ok {
					base = max(base, b)
					break
				}
			}
			if m > base*6/5 || m < 1 {
				t.Fatalf("day %d: %d, a week before %d", day, m, base)
			}
		}
	})
}

func TestMedian(t *testing.T) {
	days := weeks(4)
	known := func(persons ...int) (list []Day) {
		for i, n := range persons {
			list = append(list, Day{Structure: "S", Day: days[i], Persons: n})
		}
		return list
	}
	for _, c := range []struct {
		says    string
		persons []int
		want    int
	}{
		{"nothing", []int{0}, 1},
		{"twenty like days", []int{40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40}, 40},
		{"one mad day", []int{40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 9000}, 40},
		{"half of it is nothing", []int{80, 80, 80, 80, 80, 80, 80, 80, 80, 80}, 40},
		{"days without a count are nothing", []int{80, 80, 80, 80, 80}, 1},
		{"more than the floor lets it at once", []int{900, 900, 900, 900, 900, 900, 900, 900, 900, 900, 900, 900}, 120},
	} {
		if got := medians(known(c.persons...), days, 100)["S"]; got != c.want {
			t.Errorf("%s: %d, want %d", c.says, got, c.want)
		}
	}
}

// TestWorkingDays: no holiday, no weekend, and days of the zone across a change of its clock.
func TestWorkingDays(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	stage := New(nil, Settings{}, zone, slog.New(slog.DiscardHandler), time.Now)
	days := stage.workingDays(time.Date(2026, 4, 7, 6, 0, 0, 0, time.UTC)) // the day after Easter Monday
	if last := stage.start(days[window-1]); !last.Equal(time.Date(2026, 4, 3, 0, 0, 0, 0, zone)) {
		t.Errorf("the last working day is %v", last)
	}
	if first := stage.start(days[0]); !first.Equal(time.Date(2026, 3, 9, 0, 0, 0, 0, zone)) {
		t.Errorf("the first of them is %v", first)
	}
	spring := int32(time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	if h := stage.start(spring + 1).Sub(stage.start(spring)); h != 23*time.Hour {
		t.Errorf("the day of the change has %v", h)
	}
}
