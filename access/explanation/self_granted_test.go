package explanation

import (
	"testing"
	"time"

	"cloison/access/directory"
)

func TestSelfGranted(t *testing.T) {
	at := time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)
	soon, before := at.Add(time.Hour), at.Add(-time.Hour)
	account := directory.Account{ID: 1, CreatedBy: 10, ApprovedBy: 11, ReenrolledBy: 12, Lineage: 13}
	newCreator := []directory.Account{{ID: 10, Lineage: 13, ProbationUntil: before, CreatedBy: 21}, {ID: 21, Lineage: 21, CreatedBy: 22, ProbationUntil: soon}, {ID: 22, Lineage: 22}}
	oldCreator := []directory.Account{{ID: 10, Lineage: 10, CreatedBy: 21, ProbationUntil: at.Add(-directory.Settling)}, {ID: 21, Lineage: 21}}
	newAccount := account
	newAccount.ProbationUntil = before
	for name, c := range map[string]struct {
		creators []directory.Account
		maker    directory.Account
		want     bool
	}{
		"a colleague":                      {oldCreator, directory.Account{ID: 2, Lineage: 2}, false},
		"oneself":                          {oldCreator, account, true},
		"its creator":                      {oldCreator, oldCreator[0], true},
		"its approver":                     {oldCreator, directory.Account{ID: 11, Lineage: 11}, true},
		"its re-enroller":                  {oldCreator, directory.Account{ID: 12, Lineage: 12}, true},
		"its root":                         {oldCreator, directory.Account{ID: 13, Lineage: 13}, true},
		"one it created":                   {oldCreator, directory.Account{ID: 2, Lineage: 1, CreatedBy: 1}, true},
		"one it approved":                  {oldCreator, directory.Account{ID: 2, Lineage: 2, ApprovedBy: 1}, true},
		"one it re-enrolled":               {oldCreator, directory.Account{ID: 2, Lineage: 2, ReenrolledBy: 1}, true},
		"one its fresh creator made":       {newCreator, directory.Account{ID: 2, Lineage: 2, CreatedBy: 10}, true},
		"one its established creator made": {oldCreator, directory.Account{ID: 2, Lineage: 10, CreatedBy: 10}, false},
		"a fellow of the lineage on probation": {oldCreator, directory.Account{ID: 2, Lineage: 13, ProbationUntil: soon},
			true},
		"a fellow of the lineage, established": {oldCreator, directory.Account{ID: 2, Lineage: 13, ProbationUntil: before},
			false},
		"somebody of another lineage on probation": {oldCreator, directory.Account{ID: 2, Lineage: 99, ProbationUntil: soon},
			false},
		"somebody cut since": {oldCreator, directory.Account{ID: 2, Lineage: 2, State: directory.Suspended,
			SuspendedIn: 5}, true},
		"somebody dormant since":                     {oldCreator, directory.Account{ID: 2, Lineage: 2, State: directory.Suspended}, false},
		"a colleague of an imported account":         {nil, directory.Account{ID: 2, Lineage: 2}, false},
		"who created its new creator":                {newCreator, directory.Account{ID: 21, Lineage: 21}, true},
		"who created the new creator of its creator": {newCreator, directory.Account{ID: 22, Lineage: 22}, true},
		"who created its settled creator":            {oldCreator, directory.Account{ID: 21, Lineage: 21}, false},
	} {
		if got := selfGranted(account, c.creators, c.maker, at); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	for days, want := range map[int]bool{0: true, 29: true, 30: false} { // after the fellow's probation, of the account's an hour more
		fellow := directory.Account{ID: 2, Lineage: 13, ProbationUntil: at.AddDate(0, 0, -days)}
		if got := selfGranted(newAccount, oldCreator, fellow, at); got != want {
			t.Errorf("two new fellows after %d days: got %v, want %v", days, got, want)
		}
	}
}
