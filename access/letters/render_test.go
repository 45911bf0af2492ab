package letters_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/internal/testkit"
	"cloison/ledger/journal"
	"cloison/store/storetest"
)

// TestEveryLetterReadsWell renders every kind in both languages with everything there is to say, and with nothing: no
// hole, no link, no personal data in a subject, and French as it is printed.
func TestEveryLetterReadsWell(t *testing.T) {
	for _, lang := range []string{"fr", "en"} {
		for _, k := range letters.Kinds() {
			for _, full := range []bool{true, false} {
				for _, change := range []string{"", "added", "removed", "cloned", "recovered", "rebound", "approved", "refused", "due", "opened", "dormant", "review", "closed", "amended", "held", "asked", "lifted"} {
					subject, body, err := letters.Render(lang, k, change, full)
					if err != nil {
						t.Fatalf("%s %s: %v", lang, k, err)
					}
					says(t, fmt.Sprintf("%s %s %q full=%t", lang, k, change, full), lang, subject, body.Reveal())
				}
			}
		}
	}
}

func says(t *testing.T, which, lang, subject, body string) {
	t.Helper()
	if subject == "" || strings.ContainsAny(subject, "\r\n") || len([]rune(subject)) > 70 {
		t.Errorf("%s: the subject is %q", which, subject)
	}
	for _, personal := range []string{"Alice", "Martin", "Mission", "Max", "Anne"} {
		if strings.Contains(subject, personal) {
			t.Errorf("%s: the subject names somebody: %q", which, subject)
		}
	}
	for _, bad := range []string{"<no value>", "{{", "}}", "://", "www.", "href", "<a", "'", `"`, "...", "\n\n\n", " ,", " .", "  –  "} {
		if strings.Contains(body, bad) || strings.Contains(subject, bad) {
			t.Errorf("%s: it holds %q:\n%s\n\n%s", which, bad, subject, body)
		}
	}
	if lang != "fr" {
		return
	}
	for _, text := range []string{subject, body} {
		if wrong := regexp.MustCompile(`[^\x{202f}][;:!?»]|«[^\x{202f}]`).FindString(text); wrong != "" {
			t.Errorf("%s: no narrow no-break space at %q in\n%s", which, wrong, text)
		}
	}
}

// TestANameIsNoMore: whatever a partner typed as a name is one short line without anything to click.
func TestANameIsNoMore(t *testing.T) {
	for name, want := range map[string]string{
		"J.-P. Martin (RGC), l’aîné":     "J.-P. Martin (RGC), l’aîné",
		"Anne\r\nBcc: x@evil.example":    "Anne Bcc x evil example",
		"https://evil.example/connexion": "https evil example connexion",
		"Max www.evil.example":           "Max www evil example",
		"a\u202eb\u0000c\u2028d":         "a b c d",
		"<script>alert(1)</script>":      "script alert(1) script",
	} {
		if got := letters.Plain(cloison.Personal(name)); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		got := letters.Plain(cloison.Personal(rapid.String().Draw(t, "name")))
		for i, r := range got {
			if unicode.IsControl(r) || strings.ContainsRune("\u2028\u2029\u202e@/:<>&", r) {
				t.Fatalf("%q holds %q", got, r)
			}
			if r == '.' && i+1 < len(got) && !strings.ContainsRune(" -)…", rune(got[i+1])) && !strings.HasPrefix(got[i+1:], "…") {
				t.Fatalf("%q may be a host", got)
			}
		}
		if len(got) > 90 {
			t.Fatalf("%d bytes", len(got))
		}
	})
}

// TestAProposalIsToldOf goes from proposal to enrolment, and looks at who gets which letter.
func TestAProposalIsToldOf(t *testing.T) {
	w := open(t)
	manager := w.add("ML1", "Max Manager", directory.Manager)
	approver := w.add("NET", "Anne Approuve", directory.Approver)
	w.add("ML1", "Diane Directrice", directory.Director)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	approvals := w.Approvals
	c := w.newStage(nil, letters.Settings{})
	told := func(want string) {
		t.Helper()
		before := len(w.outbox())
		if got := kinds(w.write(c)[before:]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	by := func(id cloison.AccountID) cloison.Caller { return cloison.Caller{Account: id} }
	propose := func(ask approval.Ask) approval.Proposal {
		t.Helper()
		p, err := approvals.Propose(t.Context(), by(manager), ask)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := propose(approval.Ask{Kind: approval.NewAccount, Structure: "ML1", Name: "Camille Neuve", Email: "camille@ml.example", Roles: directory.Adviser})
	told("waiting→approver:anne") // noon: the day's first sweep
	done, err := approvals.Approve(t.Context(), by(approver), p.ID, p.Version)
	if err != nil {
		t.Fatal(err)
	}
	told("decided→maker:max created→director:diane")
	last := w.outbox()[len(w.outbox())-1]
	for _, want := range []string{"Camille Neuve (conseiller)", "Max Manager", "Anne Approuve", "Mission locale de l’Exemple"} {
		if !strings.Contains(last.Body.Reveal(), want) {
			t.Errorf("the director does not read %q: %s", want, last.Body.Reveal())
		}
	}
	if strings.Contains(last.Body.Reveal(), done.Code.Reveal()) {
		t.Error("the code is in a letter")
	}
	if _, err := approvals.Enrol(t.Context(), done.Code.Reveal(), directory.Binding{IdP: "idp", Sub: "camille"}, 1); err != nil {
		t.Fatal(err)
	}
	told("enrolled→holder:camille")

	p = propose(approval.Ask{Kind: approval.Rebind, Account: alice})
	told("recovery_asked→holder:alice recovery_asked→director:diane")
	if err := approvals.Refuse(t.Context(), by(approver), p.ID, p.Version, "not_asked", ""); err != nil {
		t.Fatal(err)
	}
	told("decided→maker:max")
	p = propose(approval.Ask{Kind: approval.Rebind, Account: alice})
	told("recovery_asked→holder:alice recovery_asked→director:diane")
	if _, err = approvals.Approve(t.Context(), by(approver), p.ID, p.Version); err != nil {
		t.Fatal(err)
	}
	told("decided→maker:max recovery→holder:alice recovery→director:diane")
}

// TestWithoutADirectorTheOfficerIsTold, also when the only director is whom it is about.
func TestWithoutADirectorTheOfficerIsTold(t *testing.T) {
	w := open(t)
	diane := w.add("ML1", "Diane Directrice", directory.Director)
	w.add("NET", "Omar Officier", directory.Officer)
	w.event(journal.Event{Code: "passkey.removed", Account: diane})
	c := w.newStage(nil, letters.Settings{})
	if got := kinds(w.write(c)); got != "own_factor→holder:diane factor→officer:omar" {
		t.Error(got)
	}
}

// TestANewDeviceIsToldOnce: only what signin calls new; not the session that an enrolment opens.
func TestANewDeviceIsToldOnce(t *testing.T) {
	w := open(t)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	opened := func(is string) {
		w.event(journal.Event{Code: "session.opened", Account: alice, Detail: map[string]string{"new_device": is}})
	}
	c := w.newStage(nil, letters.Settings{})
	w.event(journal.Event{Code: "account.enrolled", Account: alice})
	opened("true")
	if got := kinds(w.write(c)); got != "enrolled→holder:alice" {
		t.Error(got)
	}
	w.Clock.Add(time.Hour)
	opened("false")
	opened("true")
	if got := kinds(w.write(c)); got != "enrolled→holder:alice device→holder:alice" {
		t.Error(got)
	}
}

// TestReviewsAreToldToThoseWhoConfirm.
func TestReviewsAreToldToThoseWhoConfirm(t *testing.T) {
	w := open(t)
	w.add("ML1", "Max Manager", directory.Manager)
	w.add("ML1", "Diane Directrice", directory.Director|directory.Manager)
	w.event(journal.Event{Code: "review.opened", Detail: map[string]string{"structure": "ML1", "due": "2026-04-01T10:00:00Z"}})
	w.event(journal.Event{Code: "review.due", Detail: map[string]string{}})
	letters := w.write(w.newStage(nil, letters.Settings{}))
	got := strings.Fields(kinds(letters))
	slices.Sort(got)
	if fmt.Sprint(got) != "[review→manager:diane review→manager:max]" { // once each
		t.Error(got)
	}
	if !strings.Contains(letters[0].Body.Reveal(), "1er\u00a0avril 2026") {
		t.Error(letters[0].Body.Reveal())
	}
}

// TestAFloodBuriesNoWarning: fifty sign-ins, and in the middle of them a passkey that is not the holder's.
func TestAFloodBuriesNoWarning(t *testing.T) {
	w := open(t)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	w.add("NET", "Omar Officier", directory.Officer)
	c := w.newStage(nil, letters.Settings{})
	for i := range 50 {
		w.event(journal.Event{Code: "session.opened", Account: alice, Detail: map[string]string{"new_device": "true"}})
		if i == 30 {
			w.event(journal.Event{Code: "passkey.added", Account: alice})
		}
		if i%7 == 0 {
			w.write(c)
		}
	}
	count := map[string]int{}
	for _, l := range w.write(c) {
		count[string(l.Kind)+" "+string(l.State)]++
	}
	want := map[string]int{"device unsent": 5, "device held": 45, "own_factor unsent": 1, "factor unsent": 1}
	if fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", count, want)
	}
	w.Clock.Add(59 * time.Minute)
	if w.write(c); len(w.outbox()) != 52 {
		t.Error("the digest came too early")
	}
	w.Clock.Add(2 * time.Minute)
	w.write(c)
	sent := w.write(c)
	last := sent[len(sent)-1]
	if len(sent) != 53 || last.Kind != letters.Digest || last.State != letters.Unsent || last.Weight != letters.Warning ||
		!strings.HasPrefix(last.Subject, "45 ") || strings.Count(last.Body.Reveal(), "Connexion depuis un nouvel appareil") != 45 {
		t.Errorf("the digest: %+v %s", last, last.Body.Reveal())
	}
}

// TestRemindersComeOnceForEachStep goes through two months, a sweep an hour on two replicas.
func TestRemindersComeOnceForEachStep(t *testing.T) {
	w := open(t)
	ends := w.Clock.Now().AddDate(0, 0, 40)
	w.add("ML1", "Alice Martin", directory.Adviser, func(a *directory.Account) { a.AwarenessUntil = ends })
	w.add("ML1", "Max Manager", directory.Manager, func(a *directory.Account) { a.AwarenessUntil, a.ManagersUntil = w.Clock.Now().AddDate(2, 0, 0), ends })
	w.add("ML1", "Bob Conseiller", directory.Adviser, func(a *directory.Account) { a.AwarenessUntil, a.ManagersUntil = w.Clock.Now().AddDate(2, 0, 0), ends })
	one, two := w.newStage(nil, letters.Settings{}), w.newStage(nil, letters.Settings{})
	for end := w.Clock.Now().AddDate(0, 0, 60); w.Clock.Now().Before(end); w.Clock.Add(3 * time.Hour) {
		w.write(one)
		w.write(two)
	}
	days := map[string][]int{}
	for _, l := range w.outbox() {
		who := strings.TrimSuffix(l.Address.Reveal(), "@ml.example")
		days[who] = append(days[who], int(ends.Sub(l.Made).Hours()/24))
		if h := l.Made.In(testkit.Paris(w)).Hour(); h < 7 || h > 10 {
			t.Errorf("a reminder at %d h", h)
		}
	}
	if fmt.Sprint(days) != "map[alice:[30 7 1] max:[30 7 1]]" && fmt.Sprint(days) != "map[alice:[29 6 0] max:[29 6 0]]" {
		t.Errorf("reminders came with %v days left", days)
	}
}

// forgetful is a store whose batches are stored, or not, and reported failed either way: what a crash or a cut line
// leaves.
type forgetful struct {
	storetest.All
	mu    sync.Mutex
	calls int
}

func (f *forgetful) Post(ctx context.Context, b letters.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	switch f.calls % 3 {
	case 1: // not stored
		return cloison.Errorf(cloison.Unavailable, "the database did not answer")
	case 2: // stored, and nobody knows
		if err := f.All.Post(ctx, b); err != nil {
			return err
		}
		return cloison.Errorf(cloison.Internal, "it is unknown whether the transaction was stored")
	}
	return f.All.Post(ctx, b)
}

// TestACrashWritesNothingTwice breaks every write of the outbox twice.
func TestACrashWritesNothingTwice(t *testing.T) {
	w := open(t)
	alice := w.add("ML1", "Alice Martin", directory.Adviser, func(a *directory.Account) { a.AwarenessUntil = w.Clock.Now().AddDate(0, 0, 3) })
	w.add("NET", "Omar Officier", directory.Officer)
	w.event(journal.Event{Code: "passkey.added", Account: alice})
	w.event(journal.Event{Code: "account.suspended", Account: alice})
	c, err := letters.New(&forgetful{All: w.DB}, w.DB, w.Approvals, nil, letters.Settings{}, testkit.Paris(w), "here", testkit.Quiet(), w.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	failures := 0
	for range 20 {
		if c.Write(t.Context()) != nil {
			failures++
		}
	}
	want := "own_factor→holder:alice factor→officer:omar suspended→holder:alice staff_suspended→officer:omar training→holder:alice"
	if got := kinds(w.outbox()); got != want || failures < 4 {
		t.Errorf("after %d failures: %s\nwant %s", failures, got, want)
	}
}

// TestOldNewsIsNotTold: what happened before there was an outbox makes no letter.
func TestOldNewsIsNotTold(t *testing.T) {
	w := open(t)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	w.event(journal.Event{Code: "passkey.added", Account: alice})
	w.Clock.Add(73 * time.Hour)
	if got := w.write(w.newStage(nil, letters.Settings{})); len(got) != 0 {
		t.Error(kinds(got))
	}
}
