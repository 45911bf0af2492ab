package directory

import (
	"time"
	_ "time/tzdata" // for machines without zone files
)

func paris() *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err) // embedded above
	}
	return zone
}

// AfterWorkingDays returns the same time of day, in the zone, n working days after t. A working day is Monday to
// Friday and no public holiday of article L3133-1 of the code du travail. The holidays of Alsace-Moselle and overseas
// are not counted: there a probation ends a day early at most.
func AfterWorkingDays(t time.Time, n int, zone *time.Location) time.Time {
	day := t.In(zone)
	for n > 0 {
		if day = day.AddDate(0, 0, 1); WorkingDay(day) {
			n--
		}
	}
	return day.UTC()
}

// WorkingDay reports whether t, in its own zone, is Monday to Friday and no public holiday of the whole country.
func WorkingDay(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !publicHoliday(t)
}

func publicHoliday(t time.Time) bool {
	y, m, d := t.Date()
	switch [2]int{int(m), d} {
	case [2]int{1, 1}, [2]int{5, 1}, [2]int{5, 8}, [2]int{7, 14}, [2]int{8, 15}, [2]int{11, 1}, [2]int{11, 11},
		[2]int{12, 25}:
		return true
	}
	switch t.YearDay() - easter(y).YearDay() {
	case 1, 39, 50: // Easter Monday, Ascension, Whit Monday
		return true
	}
	return false
}

// easter returns Easter Sunday by the anonymous Gregorian algorithm (Nature, 20 April 1876; Meeus, Astronomical
// Algorithms, ch. 8).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

// AfterMonths returns the same day and time n months later, or the last day of that month when it is shorter.
func AfterMonths(t time.Time, n int) time.Time {
	u := t.AddDate(0, n, 0)
	if u.Day() != t.Day() {
		u = u.AddDate(0, 0, -u.Day())
	}
	return u
}

// validity returns the end of the validity of a course that was passed at t, that many months later, in the zone.
func (d *Directory) validity(t time.Time, months int) time.Time {
	return AfterMonths(t.In(d.settings.Zone), months).UTC()
}
