package lifecycle

import (
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Day is how many distinct persons a structure's accounts were shown on one day, and the median that was set then; zero
// when none was.
type Day struct {
	Structure cloison.StructureID
	Day       int32
	Persons   int
	Median    int
}

// window is how many working days a median is of.
const window = 20

// measure counts the working days that are over and sets each structure's median day from them, once a day. It starts
// ten minutes after midnight: a commit of the day before has passed the gate by then, or is refused.
func (lc *Lifecycle) measure(ctx context.Context, now time.Time) error {
	days := lc.workingDays(now.Add(-10 * time.Minute))
	since := days[0] - 14 // and what was set a week before the oldest
	known, err := lc.store.Days(ctx, since)
	if err != nil {
		return err
	}
	counted, last := map[int32]bool{}, days[len(days)-1]
	for _, d := range known {
		counted[d.Day] = true
		if d.Day == last && d.Median > 0 {
			return nil // done today, by this replica or another
		}
	}
	for _, day := range days {
		if counted[day] {
			continue
		}
		persons, err := lc.store.ShownBy(ctx, lc.start(day), lc.start(day+1))
		if err != nil {
			return err
		}
		if err := lc.store.AddDay(ctx, day, persons); err != nil {
			return err
		}
	}
	if known, err = lc.store.Days(ctx, since); err != nil {
		return err
	}
	return lc.store.SetMedians(ctx, last, medians(known, days, lc.settings.MedianFloor))
}

// workingDays are the last working days that are over at t, oldest first.
func (lc *Lifecycle) workingDays(at time.Time) []int32 {
	y, m, d := at.In(lc.zone).Date()
	var days []int32
	for day := time.Date(y, m, d, 12, 0, 0, 0, time.UTC); len(days) < window; {
		if day = day.AddDate(0, 0, -1); directory.WorkingDay(day) {
			days = append(days, int32(day.Unix()/86400))
		}
	}
	slices.Reverse(days)
	return days
}

// start is the first moment of a day in the zone.
func (lc *Lifecycle) start(day int32) time.Time {
	y, m, d := time.Unix(int64(day)*86400, 0).UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, lc.zone)
}

// medians are the structures' median days over those days. A day without a count has shown no person. A median is never
// zero, which would mean unknown.
//
// Accounts that are shown more persons every day raise their own cap. So a median is at most a fifth above the one of a
// week before, or above the floor: from the floor of 100 an attacker needs four weeks to double it, and is in the
// detector's streams all the while. It may fall at once.
func medians(known []Day, days []int32, floor int) map[cloison.StructureID]int {
	shown, before := map[cloison.StructureID][]int{}, map[cloison.StructureID]int{}
	last := days[len(days)-1]
	for _, d := range known { // by day, so that the latest is kept
		if shown[d.Structure] == nil {
			shown[d.Structure] = make([]int, len(days))
		}
		if i := slices.Index(days, d.Day); i >= 0 {
			shown[d.Structure][i] = d.Persons
		}
		if d.Day <= last-7 && d.Median > 0 {
			before[d.Structure] = d.Median
		}
	}
	all := make(map[cloison.StructureID]int, len(shown))
	for id, persons := range shown {
		slices.Sort(persons)
		median := (persons[(len(persons)-1)/2] + persons[len(persons)/2]) / 2
		all[id] = max(1, min(median, max(floor, before[id])*6/5))
	}
	return all
}
