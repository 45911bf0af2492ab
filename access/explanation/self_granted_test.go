package explanation

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
)

// The accounts of these tests. The reader was made by its creator, its approver and its re-enroller, in the lineage of
// its root; above the creator stand the creator's creator and the top.
const (
	reader cloison.AccountID = iota + 1
	colleague
	creator
	approver
	reenroller
	root
	creatorsCreator
	top
	otherRoot
)

func TestSelfGranted(t *testing.T) {
	at := time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)
	onProbation, pastProbation := at.Add(time.Hour), at.Add(-time.Hour)
	account := directory.Account{ID: reader, CreatedBy: creator, ApprovedBy: approver, ReenrolledBy: reenroller, Lineage: root}
	newCreators := []directory.Account{{ID: creator, Lineage: root, ProbationUntil: pastProbation, CreatedBy: creatorsCreator},
		{ID: creatorsCreator, Lineage: creatorsCreator, CreatedBy: top, ProbationUntil: onProbation}, {ID: top, Lineage: top}}
	settledCreators := []directory.Account{{ID: creator, Lineage: creator, CreatedBy: creatorsCreator, ProbationUntil: at.Add(-directory.Settling)},
		{ID: creatorsCreator, Lineage: creatorsCreator}}
	for name, c := range map[string]struct {
		creators []directory.Account
		maker    directory.Account
		want     bool
	}{
		"a colleague":                              {settledCreators, directory.Account{ID: colleague, Lineage: colleague}, false},
		"oneself":                                  {settledCreators, account, true},
		"its creator":                              {settledCreators, settledCreators[0], true},
		"its approver":                             {settledCreators, directory.Account{ID: approver, Lineage: approver}, true},
		"its re-enroller":                          {settledCreators, directory.Account{ID: reenroller, Lineage: reenroller}, true},
		"its root":                                 {settledCreators, directory.Account{ID: root, Lineage: root}, true},
		"one it created":                           {settledCreators, directory.Account{ID: colleague, Lineage: reader, CreatedBy: reader}, true},
		"one it approved":                          {settledCreators, directory.Account{ID: colleague, Lineage: colleague, ApprovedBy: reader}, true},
		"one it re-enrolled":                       {settledCreators, directory.Account{ID: colleague, Lineage: colleague, ReenrolledBy: reader}, true},
		"one its new creator made":                 {newCreators, directory.Account{ID: colleague, Lineage: colleague, CreatedBy: creator}, true},
		"one its settled creator made":             {settledCreators, directory.Account{ID: colleague, Lineage: creator, CreatedBy: creator}, false},
		"a fellow of the lineage on probation":     {settledCreators, directory.Account{ID: colleague, Lineage: root, ProbationUntil: onProbation}, true},
		"a fellow of the lineage past probation":   {settledCreators, directory.Account{ID: colleague, Lineage: root, ProbationUntil: pastProbation}, false},
		"somebody of another lineage on probation": {settledCreators, directory.Account{ID: colleague, Lineage: otherRoot, ProbationUntil: onProbation}, false},
		"somebody cut since": {settledCreators, directory.Account{ID: colleague, Lineage: colleague, State: directory.Suspended,
			SuspendedIn: 5}, true},
		"somebody dormant since":                  {settledCreators, directory.Account{ID: colleague, Lineage: colleague, State: directory.Suspended}, false},
		"a colleague of an imported account":      {nil, directory.Account{ID: colleague, Lineage: colleague}, false},
		"the creator of its new creator":          {newCreators, directory.Account{ID: creatorsCreator, Lineage: creatorsCreator}, true},
		"the top above two creators that are new": {newCreators, directory.Account{ID: top, Lineage: top}, true},
		"the creator of its settled creator":      {settledCreators, directory.Account{ID: creatorsCreator, Lineage: creatorsCreator}, false},
	} {
		if got := selfGranted(account, c.creators, c.maker, at); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	newReader := account
	newReader.ProbationUntil = pastProbation
	for days, want := range map[int]bool{0: true, 29: true, 30: false} { // since the fellow's probation; the reader's ended an hour ago
		fellow := directory.Account{ID: colleague, Lineage: root, ProbationUntil: at.AddDate(0, 0, -days)}
		if got := selfGranted(newReader, settledCreators, fellow, at); got != want {
			t.Errorf("two new fellows after %d days: got %v, want %v", days, got, want)
		}
	}
}
