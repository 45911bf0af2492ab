package contain_test

import (
	"strings"
	"testing"
	"time"

	"cloison"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/wall/disclose"
)

// TestToolsThatWaitedInAList: a hijacked manager's tools came by a list, let their codes lie for six days and were
// quiet for four weeks. They are on probation still, so the alarm on one cuts the manager and the other, though all of
// it is older than the usual look back; and so does an officer who names no day.
func TestToolsThatWaitedInAList(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"alarm", "officer"} {
		t.Run(by, func(t *testing.T) {
			w := open(t)
			manager, approver, officer := w.add("ML1", "manager", directory.Manager), w.add("ML2", "approver", directory.Approver), w.add("ML2", "officer", directory.Officer)
			l, err := w.Approvals.ReadList(strings.NewReader("nom;courriel;roles\nUn;un@ml.example;conseiller\nDeux;deux@ml.example;conseiller\n"))
			if err != nil {
				t.Fatal(err)
			}
			p, err := w.Approvals.ProposeList(w.Ctx, cloison.Caller{Account: manager}, "ML1", l)
			if err != nil {
				t.Fatal(err)
			}
			_, given, err := w.Approvals.ApproveList(w.Ctx, cloison.Caller{Account: approver}, p.ID, p.Version)
			if err != nil {
				t.Fatal(err)
			}
			pass := func(days int) { w.Clock.Set(w.Now().AddDate(0, 0, days)) }
			pass(6)
			for i, sub := range []string{"un", "deux"} {
				_, err = w.Approvals.Enrol(w.Ctx, given[i].Code.Reveal(), directory.Binding{IdP: "idp", Sub: sub}, 0)
				if err != nil {
					t.Fatal(err)
				}
			}
			pass(26)
			tool, other := given[0].Colleague.Account, given[1].Colleague.Account
			if !w.Account(tool).OnProbation(w.Now()) {
				t.Fatal("the tool is on probation no more: the test shows nothing")
			}
			if by == "alarm" {
				err = w.c.CutFor(w.Ctx, tool, disclose.Alarm{ID: 1, At: w.Now(), Level: "hard"})
			} else {
				_, err = w.c.Cut(w.Ctx, cloison.Caller{Account: officer}, tool, time.Time{}, "hijack")
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, state := range map[string]directory.State{"manager": w.Account(manager).State, "tool": w.Account(tool).State, "other": w.Account(other).State} {
				if state != directory.Suspended {
					t.Errorf("the %s is %s", name, state)
				}
			}
			cuts, err := w.DB.Cuts(w.Ctx)
			if err != nil || len(cuts) != 1 || cuts[0].Since.After(p.Made) {
				t.Errorf("the cut looks back to %v, before %v: %v", cuts[0].Since, p.Made, err)
			}
		})
	}
}

// TestFreshAgain: an old account that is on probation after a lost key takes only the account down that re-enrolled it:
// neither what it made over the years nor its maker is in doubt.
func TestFreshAgain(t *testing.T) {
	t.Parallel()
	w := open(t)
	first, second, approver := w.add("ML1", "manager", directory.Manager), w.add("ML1", "manager2", directory.Manager), w.add("ML2", "approver", directory.Approver)
	old := w.mustJoin("old", first, approver)
	w.Clock.Set(w.Now().AddDate(0, 6, 0))
	p, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: second}, approval.Ask{Kind: approval.Rebind, Account: old})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Approvals.Approve(w.Ctx, cloison.Caller{Account: approver}, p.ID, p.Version); err != nil {
		t.Fatal(err)
	}
	w.Must(w.c.CutFor(w.Ctx, old, disclose.Alarm{ID: 1, At: w.Now(), Level: "hard"}))
	if a, b := w.Account(first).State, w.Account(second).State; a != directory.Active || b != directory.Suspended {
		t.Errorf("who made it is %s, who re-enrolled it %s", a, b)
	}
}
