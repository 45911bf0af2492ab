package explanation_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
)

// tools is a hijacked officer who has a tool in ML1, and has moved the caseload of another structure to an honest
// adviser there. The tool has waited out its probation.
func tools(t *testing.T) *world {
	w := newWorld(t, approval.Settings{})
	w.Caseload("stranger", "p1", "p2")
	w.Caseload("colleague", "own")
	w.Join("tool", "officer", "approver")
	w.Clock.Add(24 * time.Hour)
	w.transfer("officer", "stranger", "adviser", 0)
	w.Clock.Add(time.Hour)
	return w
}

// transfer makes by transfer a caseload, to hold after that time.
func (w *world) transfer(by, from, to string, in time.Duration) {
	w.Helper()
	_, n, err := w.Explanations.Transfer(w.Ctx, w.By(by), explanation.TransferAsk{From: w.Who[from].ID, To: w.Who[to].ID, Since: w.Clock.Now().Add(in)})
	if err != nil || n == 0 {
		w.Fatalf("moved %d: %v", n, err)
	}
}

// counts fails unless the persons are explained to the account by that means, after "self:" when self-granted.
func (w *world) counts(name, want string, persons ...cloison.PersonRef) {
	w.Helper()
	w.Clock.Add(time.Millisecond)
	all := w.explanations(name)
	for _, p := range persons {
		got := string(all[p].Means)
		if all[p].SelfGranted {
			got = "self:" + got
		}
		if got != want {
			w.Errorf("%s meets %s by %q, want %q", name, string(p), got, want)
		}
	}
}

// TestTransferLaunderedByTheDuty: a caseload that a hijacked officer moved into a structure is self-granted for its
// own tool there, also when an honest colleague declares the tool's turn or cover. For all others it counts.
func TestTransferLaunderedByTheDuty(t *testing.T) {
	w := tools(t)
	for _, name := range []string{"tool", "colleague"} {
		_, err := w.Explanations.DeclareDuty(w.Ctx, w.By("director"), explanation.DutyAsk{For: w.Who[name].ID, Until: w.Clock.Now().Add(8 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.counts("tool", "self:duty", "p1", "p2")
	w.counts("tool", "duty", "own")
	w.counts("colleague", "duty", "p1", "p2")

	// What its maker's friends move within the structure, the desk had met before.
	w.transfer("officer", "colleague", "adviser", 0)
	w.counts("tool", "duty", "own")
	w.Caseload("near", "left")
	w.Change("near", func(a *directory.Account) { a.State, a.SuspendedAt = directory.Closed, w.Clock.Now() })
	w.transfer("officer", "near", "adviser", 0)
	w.counts("tool", "self:duty", "left")
	w.counts("adviser", "caseload", "p1")
}

// TestTransferLaunderedTwice: honest colleagues pass the caseload on before the tool gets it, in each way there is.
// It is still the officer's.
func TestTransferLaunderedTwice(t *testing.T) {
	t.Parallel()
	for way, lend := range map[string]struct {
		means string
		do    func(w *world)
	}{
		"transfer": {"caseload", func(w *world) { w.transfer("director", "colleague", "tool", 0) }},
		"cover": {"cover", func(w *world) {
			if _, err := w.cover("director", "tool", "colleague", 5); err != nil {
				w.Fatal(err)
			}
		}},
		"duty": {"duty", func(w *world) {
			_, err := w.Explanations.DeclareDuty(w.Ctx, w.By("director"), explanation.DutyAsk{For: w.Who["tool"].ID, Until: w.Clock.Now().Add(8 * time.Hour)})
			if err != nil {
				w.Fatal(err)
			}
		}},
	} {
		t.Run(way, func(t *testing.T) {
			w := tools(t)
			w.TB = t
			w.transfer("director", "adviser", "colleague", 0)
			w.Clock.Add(time.Hour)
			w.counts("colleague", "caseload", "p1", "p2", "own")
			lend.do(w)
			w.counts("tool", "self:"+lend.means, "p1", "p2")
			w.counts("tool", lend.means, "own")

			// The business tool has the last word.
			w.assign("tool", explanation.Appointment, time.Time{}, "p1")
			w.counts("tool", "appointment", "p1")
		})
	}
}

// TestTransferLaunderedAhead: a transfer of tomorrow is passed on before it holds, so that the one in the middle
// keeps no trace of the first maker.
func TestTransferLaunderedAhead(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Caseload("stranger", "p1")
	w.Join("tool", "officer", "approver")
	w.transfer("officer", "stranger", "adviser", 24*time.Hour)
	w.transfer("director", "adviser", "colleague", time.Hour)
	w.Clock.Add(2 * time.Hour)
	w.transfer("director", "colleague", "tool", 0)
	w.Clock.Add(25 * time.Hour)
	w.counts("tool", "self:caseload", "p1")
}
