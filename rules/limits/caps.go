package limits

import "cloison"

// Caps limits new persons per day, except for ListRows and PresencePersons. Zero admits nobody.
type Caps struct {
	AccountPerDay   int `json:"account_per_day"`   // one account, explained or not
	ProbationPerDay int `json:"probation_per_day"` // one account on probation
	LineagePerDay   int `json:"lineage_per_day"`   // all accounts on probation of one lineage together
	StructureFactor int `json:"structure_factor"`  // one structure: this multiple of its median day
	StructureFloor  int `json:"structure_floor"`   // but at least this, and this while the median is unknown
	PresencePersons int `json:"presence_persons"`  // new persons in one session until the passkey is asked again
	ListRows        int `json:"list_rows"`         // rows of one answer
}

// DefaultCaps are the caps without a setting. The floor lets a structure of 40 agents work on its first day.
func DefaultCaps() Caps {
	return Caps{AccountPerDay: 60, ProbationPerDay: 20, LineagePerDay: 60, StructureFactor: 3, StructureFloor: 300,
		PresencePersons: 20, ListRows: 50}
}

// maxCap keeps every sum of caps far from the end of an int32.
const maxCap = 1_000_000

// Validate returns Invalid when a cap is out of range.
func (c Caps) Validate() error {
	for _, v := range []struct {
		name string
		n    int
	}{
		{"account_per_day", c.AccountPerDay}, {"probation_per_day", c.ProbationPerDay},
		{"lineage_per_day", c.LineagePerDay}, {"structure_factor", c.StructureFactor}, {"structure_floor", c.StructureFloor},
		{"presence_persons", c.PresencePersons}, {"list_rows", c.ListRows},
	} {
		if v.n < 0 || v.n > maxCap {
			return cloison.Errorf(cloison.Invalid, "cap %s is %d: want between 0 and %d", v.name, v.n, maxCap)
		}
	}
	if c.ProbationPerDay > c.AccountPerDay {
		return cloison.Errorf(cloison.Invalid, "cap probation_per_day is %d: want at most account_per_day, %d",
			c.ProbationPerDay, c.AccountPerDay)
	}
	return nil
}

// Account is the daily cap of one account.
func (c Caps) Account(probation bool) int {
	if probation {
		return min(c.ProbationPerDay, c.AccountPerDay)
	}
	return c.AccountPerDay
}

// Structure is the daily cap of a structure with that median day; 0: not known.
func (c Caps) Structure(medianDay int) int {
	return max(c.StructureFloor, c.StructureFactor*min(max(medianDay, 0), maxCap))
}
