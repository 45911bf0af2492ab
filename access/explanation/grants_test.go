package explanation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/testkit/testworld"
	"cloison/store/storetest"
)

// deskWorld is the world with break-glass requests, visits and codes. Its test runs beside others.
type deskWorld struct {
	*testworld.World
	codes  explanation.Codes
	desk   *explanation.Grants
	proofs atomic.Int32 // wrong codes taken as evidence
}

func newDeskWorld(t *testing.T) *deskWorld {
	t.Parallel()
	w := &deskWorld{World: testworld.New(t, testworld.Options{Empty: true, Start: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)})}
	var err error
	w.codes, err = explanation.NewCodes(bytes.Repeat([]byte{7}, 32))
	w.Must(err)
	w.desk = w.on(w.DB)
	return w
}

// on makes the desk of a replica.
func (w *deskWorld) on(db storetest.All) *explanation.Grants {
	evidence := func(context.Context, cloison.Caller, cloison.PersonRef) error { w.proofs.Add(1); return nil }
	dir := directory.New(db, directory.Settings{}, w.Logs.Logger(), w.Now)
	return explanation.NewGrants(db, explanation.New(db, dir, explanation.Settings{}, w.Now), w.codes, evidence, w.Logs.Logger())
}

// account imports an account of that name, in ML1 unless the name ends in 2.
func (w *deskWorld) account(name string, roles directory.Role, edits ...func(*directory.Account)) cloison.Caller {
	w.Helper()
	structure := cloison.StructureID("ML1")
	if strings.HasSuffix(name, "2") {
		structure = "ML2"
	}
	return cloison.Caller{Account: w.Add(structure, name, roles, edits...).ID}
}

func (w *deskWorld) change(of cloison.Caller, edit func(*directory.Account)) {
	w.Helper()
	a := w.World.Account(of.Account)
	edit(&a)
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
}

func (w *deskWorld) barred(want directory.DenyReason, err error) {
	w.Helper()
	testworld.WantDenied(w, err, want)
}

func (w *deskWorld) kind(want cloison.Kind, err error) {
	w.Helper()
	testworld.WantKind(w, err, want)
}

// meets returns the means by which the account meets the person now, after "self:" when it is self-granted; "" is none.
func (w *deskWorld) meets(c cloison.Caller, person cloison.PersonRef) string {
	w.Helper()
	all, err := w.Explanations.Explanations(w.Ctx, c.Account, w.Now().Add(time.Millisecond))
	w.Must(err)
	e := all[person]
	if e.SelfGranted {
		return "self:" + string(e.Means)
	}
	return string(e.Means)
}

func (w *deskWorld) code(person cloison.PersonRef) cloison.Secret {
	w.Helper()
	code, _, err := w.codes.Code(person, w.Now())
	w.Must(err)
	return code
}

func TestVisits(t *testing.T) {
	w := newDeskWorld(t)
	rita, both := w.account("rita", directory.Reception), w.account("both", directory.Reception|directory.Adviser)
	claire, other := w.account("claire", directory.Adviser), w.account("autre2", directory.Adviser)
	register := func(by, of cloison.Caller, person cloison.PersonRef) error {
		_, err := w.desk.RegisterVisit(w.Ctx, by, explanation.VisitAsk{Adviser: of.Account, Person: person})
		return err
	}
	w.Must(register(rita, claire, "77"))
	if got := w.meets(claire, "77"); got != "visit" {
		t.Errorf("after a visit the adviser meets the person by %q", got)
	}
	if w.meets(both, "77") != "" || w.meets(rita, "77") != "" {
		t.Error("a visit opens the file to somebody else")
	}
	w.barred(directory.Oneself, register(both, both, "78"))
	w.kind(cloison.NotFound, register(rita, other, "78"))
	w.barred(directory.NoRole, register(claire, both, "78"))
	w.barred(directory.NoRole, register(rita, w.account("diane", directory.Director), "78"))
	w.kind(cloison.Invalid, register(rita, claire, "7\n8"))

	// Who made the other speaks for itself; so does a newcomer.
	made := w.account("made", directory.Adviser, func(a *directory.Account) { a.CreatedBy = rita.Account })
	w.barred(directory.TooClose, register(rita, made, "78"))
	fresh := w.account("fresh", directory.Reception, func(a *directory.Account) { a.ProbationUntil = w.Now().AddDate(0, 0, 9) })
	w.barred(directory.Newcomer, register(fresh, claire, "78"))

	// Nor do two whom one manager has made of late, out of probation though they are: what was registered counts as
	// none.
	kin := func(days int) func(*directory.Account) {
		return func(a *directory.Account) {
			a.CreatedBy, a.Lineage, a.ProbationUntil = both.Account, both.Account, w.Now().AddDate(0, 0, -days)
		}
	}
	early, tool := w.account("early", directory.Reception, kin(5)), w.account("tool", directory.Adviser, kin(1))
	w.barred(directory.TooClose, register(early, tool, "78"))
	w.Must(register(rita, tool, "78"))
	w.Must(register(w.account("late", directory.Reception, kin(30)), tool, "79"))
	w.Must(register(early, claire, "79"))

	// A hijacked reception is bounded, and what it said counts as none once it is cut.
	var stored int
	for i := range 60 {
		switch err := register(rita, claire, cloison.PersonRef(fmt.Sprint("p", i))); {
		case err == nil:
			stored++
		default:
			w.barred(directory.DayFull, err)
		}
	}
	if stored != 38 {
		t.Errorf("a reception registers %d more visits in a day", stored)
	}
	w.change(rita, func(a *directory.Account) { a.State, a.SuspendedIn = directory.Suspended, 9 })
	if got := w.meets(claire, "77"); got != "self:visit" {
		t.Errorf("the word of a cut reception is %q", got)
	}
	w.barred(directory.NotActive, register(rita, claire, "79"))
	w.Clock.Add(12 * time.Hour)
	if got := w.meets(claire, "77"); got != "" {
		t.Errorf("the next day the visit still explains: %q", got)
	}
}

func TestCodes(t *testing.T) {
	w := newDeskWorld(t)
	claire, paul := w.account("claire", directory.Adviser), w.account("paul", directory.Adviser)
	code := w.code("77")
	typed := cloison.Secret(code.Reveal()[:4] + " " + code.Reveal()[4:])
	if _, err := w.desk.EnterCode(w.Ctx, claire, "78", typed); err == nil {
		t.Error("another person's code is taken")
	}
	// The same code on two replicas at once, by two advisers.
	second := w.on(w.Replica())
	var wg sync.WaitGroup
	var taken atomic.Int32
	for i := range 8 {
		wg.Go(func() {
			d, by := w.desk, claire
			if i%2 == 1 {
				d, by = second, paul
			}
			if _, err := d.EnterCode(w.Ctx, by, "77", typed); err == nil {
				taken.Add(1)
			} else if cloison.KindOf(err) != cloison.Denied {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("a code was taken %d times", taken.Load())
	}
	if a, b := w.meets(claire, "77"), w.meets(paul, "77"); a+b != "code" {
		t.Errorf("it opens %q and %q", a, b)
	}
	w.Clock.Add(-10 * time.Minute) // a clock that goes back makes no used step new
	if _, err := w.desk.EnterCode(w.Ctx, paul, "77", w.code("77")); err == nil {
		t.Error("an older code is taken after a later one")
	}
	w.barred(directory.NoRole, func() error {
		_, err := w.desk.EnterCode(w.Ctx, w.account("manager", directory.Manager), "77", "1")
		return err
	}())
}

// TestGuessing spreads guesses over accounts and over persons: all of them are stopped, also the right code, and are
// evidence.
func TestGuessing(t *testing.T) {
	w := newDeskWorld(t)
	var locked int
	for i := range 12 {
		a := w.account(fmt.Sprint("thief", i, "x"), directory.Adviser)
		_, err := w.desk.EnterCode(w.Ctx, a, "77", "00000000")
		var bar directory.DenyReason
		errors.As(err, &bar)
		if bar == directory.CodeLocked {
			locked++
		}
	}
	if locked != 2 {
		t.Errorf("%d of 12 guesses for one person were stopped, want 2", locked)
	}
	_, err := w.desk.EnterCode(w.Ctx, w.account("honest", directory.Adviser), "77", w.code("77"))
	w.barred(directory.CodeLocked, err) // a right guess says nothing to who is stopped
	if w.proofs.Load() != 0 {
		t.Errorf("first slips were taken as evidence %d times", w.proofs.Load())
	}
	one := w.account("one", directory.Adviser)
	for i := range 30 {
		person := cloison.PersonRef(fmt.Sprint("guessed-", i))
		_, err = w.desk.EnterCode(w.Ctx, one, person, "00000000")
	}
	w.barred(directory.CodeLocked, err)
	if got := w.proofs.Load(); got != 8 { // ten counted, of which two are slips
		t.Errorf("%d wrong codes were evidence, want 8", got)
	}
	w.Clock.Add(time.Hour + time.Second)
	_, err = w.desk.EnterCode(w.Ctx, one, "77", w.code("77"))
	w.Must(err)
	events, err := w.DB.Events(w.Ctx, 0, 1000)
	w.Must(err)
	if text := fmt.Sprintf("%+v %s", events, w.Logs); strings.Contains(text, "guessed-") || strings.Contains(text, "00000000") || len(events) < 40 {
		t.Errorf("%d events, or the journal or the log names a person or a code", len(events))
	}
}

func (w *deskWorld) breakGlass(by, asked cloison.Caller) (explanation.Request, error) {
	return w.desk.Ask(w.Ctx, by, explanation.RequestAsk{Kind: explanation.BreakGlassRequest, Asked: asked.Account, Person: "77", Reason: "<script>alert(1)</script> \u202eurgence"})
}

func TestBreakGlass(t *testing.T) {
	w := newDeskWorld(t)
	claire, paul, eve := w.account("claire", directory.Adviser), w.account("paul", directory.Adviser), w.account("eve", directory.Adviser)
	confirm := func(by cloison.Caller, r explanation.Request) error {
		_, err := w.desk.Confirm(w.Ctx, by, r.ID, r.Version)
		return err
	}
	r, err := w.breakGlass(claire, paul)
	w.Must(err)
	if strings.Contains(r.Reason.Reveal(), "\u202e") || w.meets(claire, "77") != "" {
		t.Error("a request opens, or its reason turns the line round")
	}
	w.kind(cloison.NotFound, confirm(eve, r)) // whose it is not does not know of it
	w.barred(directory.Oneself, confirm(claire, r))
	w.kind(cloison.Stale, confirm(paul, explanation.Request{ID: r.ID, Version: 2}))
	w.change(paul, func(a *directory.Account) { a.State = directory.Suspended })
	w.kind(cloison.Denied, confirm(paul, r)) // suspended between begin and finish
	w.change(paul, func(a *directory.Account) { a.State = directory.Active })
	w.Must(confirm(paul, r))
	w.kind(cloison.Stale, confirm(paul, r)) // sent twice
	all, err := w.Explanations.Explanations(w.Ctx, claire.Account, w.Now().Add(time.Millisecond))
	w.Must(err)
	if e := all["77"]; e.Means != explanation.BreakGlass || e.By != paul.Account || e.SelfGranted || e.Until.Sub(w.Now()) != 4*time.Hour {
		t.Errorf("a confirmed break-glass gives %+v", e)
	}
	taken, err := w.breakGlass(claire, paul)
	w.Must(err)
	_, err = w.desk.Decline(w.Ctx, claire, taken.ID, taken.Version)
	w.Must(err)
	w.kind(cloison.Stale, confirm(paul, taken)) // taken back before
	late, err := w.breakGlass(claire, paul)
	w.Must(err)
	_, err = w.breakGlass(claire, paul)
	w.barred(directory.DayFull, err)
	w.Clock.Add(-time.Minute)
	w.kind(cloison.Conflict, confirm(paul, late)) // a clock that went back confirms nothing
	w.Clock.Add(time.Minute + time.Hour)
	w.kind(cloison.Conflict, confirm(paul, late))
	w.Clock.Add(3 * time.Hour)
	if got := w.meets(claire, "77"); got != "" {
		t.Errorf("after four hours it still opens: %q", got)
	}
	for name, change := range map[string]func(*directory.Account){
		"approver": func(a *directory.Account) { a.Roles |= directory.Approver }, "maker": func(a *directory.Account) { a.CreatedBy = eve.Account },
		"newcomer": func(a *directory.Account) { a.ProbationUntil = w.Now().AddDate(0, 0, 3) },
	} {
		_, err := w.breakGlass(eve, w.account(name, directory.Adviser, change))
		w.kind(cloison.Denied, err)
	}
	_, err = w.breakGlass(eve, w.account("ailleurs2", directory.Adviser))
	w.kind(cloison.NotFound, err)
	broken, err := w.desk.BreakGlasses(w.Ctx, "ML1")
	w.Must(err)
	if len(broken) != 1 || broken[0].By != claire.Account || broken[0].Asked != paul.Account {
		t.Errorf("of the week: %+v", broken)
	}
	events, err := w.DB.Events(w.Ctx, 0, 1000)
	w.Must(err)
	if text := fmt.Sprintf("%+v %s", events, w.Logs); strings.Contains(text, "urgence") || strings.Contains(text, ":77") || !strings.Contains(text, "breakglass.opened") {
		t.Error("the journal or the log has the reason or the person, or the opening is missing")
	}
}

func TestCoverAsked(t *testing.T) {
	w := newDeskWorld(t)
	claire, paul, absent := w.account("claire", directory.Adviser), w.account("paul", directory.Adviser), w.account("absent", directory.Adviser)
	_, err := w.DB.ImportCaseload(w.Ctx, []explanation.Assignment{{Binding: directory.Binding{IdP: "idp", Sub: "absent"}, Person: "91", Means: explanation.Caseload,
		Since: w.Now().AddDate(0, -1, 0)}})
	w.Must(err)
	ask := explanation.RequestAsk{Kind: explanation.CoverRequest, Asked: paul.Account, Of: absent.Account, Until: w.Now().AddDate(0, 0, 2)}
	r, err := w.desk.Ask(w.Ctx, claire, ask)
	w.Must(err)
	if w.meets(claire, "91") != "" {
		t.Error("asking opens the caseload")
	}
	if _, err := w.desk.Confirm(w.Ctx, paul, r.ID, r.Version); err != nil || w.meets(claire, "91") != "cover" {
		t.Errorf("confirmed: %v, %q", err, w.meets(claire, "91"))
	}
	ask.Of = claire.Account
	_, err = w.desk.Ask(w.Ctx, claire, ask)
	w.kind(cloison.Invalid, err)
	ask.Of, ask.Until = absent.Account, w.Now().AddDate(0, 0, 40)
	_, err = w.desk.Ask(w.Ctx, claire, ask)
	w.kind(cloison.Invalid, err)
}
