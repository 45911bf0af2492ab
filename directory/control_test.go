package directory

import (
	"testing"
	"time"

	"cloison"
)

func aid(n int) cloison.AccountID   { return cloison.AccountID(n) }
func sid(n int) cloison.StructureID { return cloison.StructureID(rune('A' + n)) }

func TestSelfGranted(t *testing.T) {
	at := time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)
	soon, before := at.Add(time.Hour), at.Add(-time.Hour)
	account := Account{ID: 1, CreatedBy: 10, ApprovedBy: 11, ReenrolledBy: 12, Lineage: 13}
	freshCreator := Account{ID: 10, Lineage: 13, ProbationUntil: soon}
	oldCreator := Account{ID: 10, Lineage: 10}
	for name, c := range map[string]struct {
		creator, maker Account
		want           bool
	}{
		"a colleague":                      {oldCreator, Account{ID: 2, Lineage: 2}, false},
		"oneself":                          {oldCreator, account, true},
		"its creator":                      {oldCreator, oldCreator, true},
		"its approver":                     {oldCreator, Account{ID: 11, Lineage: 11}, true},
		"its re-enroller":                  {oldCreator, Account{ID: 12, Lineage: 12}, true},
		"its root":                         {oldCreator, Account{ID: 13, Lineage: 13}, true},
		"one it created":                   {oldCreator, Account{ID: 2, Lineage: 1, CreatedBy: 1}, true},
		"one it approved":                  {oldCreator, Account{ID: 2, Lineage: 2, ApprovedBy: 1}, true},
		"one it re-enrolled":               {oldCreator, Account{ID: 2, Lineage: 2, ReenrolledBy: 1}, true},
		"one its fresh creator made":       {freshCreator, Account{ID: 2, Lineage: 2, CreatedBy: 10}, true},
		"one its established creator made": {oldCreator, Account{ID: 2, Lineage: 10, CreatedBy: 10}, false},
		"a fellow of the lineage on probation": {oldCreator, Account{ID: 2, Lineage: 13, ProbationUntil: soon},
			true},
		"a fellow of the lineage, established": {oldCreator, Account{ID: 2, Lineage: 13, ProbationUntil: before},
			false},
		"somebody of another lineage on probation": {oldCreator, Account{ID: 2, Lineage: 99, ProbationUntil: soon},
			false},
		"somebody cut since": {oldCreator, Account{ID: 2, Lineage: 2, State: Suspended,
			SuspendedIn: 5}, true},
		"somebody dormant since":             {oldCreator, Account{ID: 2, Lineage: 2, State: Suspended}, false},
		"a colleague of an imported account": {Account{}, Account{ID: 2, Lineage: 2}, false},
	} {
		if got := selfGranted(account, c.creator, c.maker, at); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestLineageUnder(t *testing.T) {
	at := time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)
	if got := lineageUnder(Account{ID: 1, Lineage: 2, ProbationUntil: at.Add(1)}, at); got != 2 {
		t.Errorf("a fresh maker's work belongs to %v, want its root", int64(got))
	}
	if got := lineageUnder(Account{ID: 1, Lineage: 2, ProbationUntil: at}, at); got != 1 {
		t.Errorf("an established maker's work belongs to %v, want the maker", int64(got))
	}
}
