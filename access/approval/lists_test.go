package approval_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

const threeColleagues = "nom;courriel;rôles\r\nCamille Un;camille1@ml.example;conseiller\r\nCamille Deux;CAMILLE2@ml.example;accueil\r\n" +
	"\"Trois, Camille\";camille3@ml.example;adviser reception\r\n"

func (w *world) list(text string) approval.List {
	w.Helper()
	l, err := w.Approvals.ReadList(strings.NewReader(text))
	if err != nil {
		w.Fatal(err)
	}
	return l
}

func (w *world) proposeList(name, text string) approval.Proposal {
	w.Helper()
	p, err := w.Approvals.ProposeList(w.Ctx, w.By(name), "ML1", w.list(text))
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// faults is the fault of each line, by its number.
func faults(l approval.List) map[int]approval.LineFault {
	m := map[int]approval.LineFault{}
	for _, r := range l.Refused {
		m[r.Line] = r.Why
	}
	return m
}

func TestAListIsRead(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	for _, text := range []string{threeColleagues, "\ufeff" + threeColleagues, "\r\n\n" + threeColleagues, strings.ReplaceAll(threeColleagues, "\r", ""),
		strings.ToUpper(threeColleagues[:18]) + threeColleagues[18:]} {
		l := w.list(text)
		if len(l.Refused) != 0 || len(l.Colleagues) != 3 {
			t.Fatalf("%q: %d taken, refused %v", text[:9], len(l.Colleagues), l.Refused)
		}
		if c := l.Colleagues[2]; c.Name != "Trois, Camille" || c.Roles != directory.Adviser|directory.Reception {
			t.Errorf("the last is %q, %s", c.Name.Reveal(), c.Roles)
		}
		if c := l.Colleagues[1]; c.Email != "camille2@ml.example" || c.Roles != directory.Reception {
			t.Errorf("the second is %q, %s", c.Email.Reveal(), c.Roles)
		}
	}
	l := w.list("name,email,roles\n,a@b.example,adviser\nA,nowhere,adviser\nA,a@b.example,king\nA,a@b.example,manager\nA,a@b.example,\n" +
		"A,a@b.example,adviser\nB,A@B.example,adviser\nA,a@b.example\n\"A,b\nB,b@b.example,adviser,x\nA\tB,c@b.example,adviser\nZ,z@b.example,source\n")
	want := map[int]approval.LineFault{2: approval.LineName, 3: approval.LineEmail, 4: approval.LineRoles, 5: approval.LineGiven, 6: approval.LineRoles,
		8: approval.LineTwice, 9: approval.LineBroken, 10: approval.LineBroken, 11: approval.LineBroken, 12: approval.LineBroken, 13: approval.LineGiven}
	if got := faults(l); fmt.Sprint(got) != fmt.Sprint(want) || len(l.Colleagues) != 1 || l.Colleagues[0].Line != 7 {
		t.Errorf("refused %v, want %v; taken %d", got, want, len(l.Colleagues))
	}
}

func TestAListIsRefused(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	for text, want := range map[string]directory.DenyReason{
		"":                                directory.ListEmpty,
		" \r\n\n":                         directory.ListEmpty,
		"\ufeff":                          directory.ListEmpty,
		"nom;courriel;rôles\n":            directory.ListEmpty,
		"nom;courriel\nA;a@b.example\n":   directory.ListHeader,
		"A;a@b.example;conseiller\n":      directory.ListHeader,
		"nom;name;courriel;roles\n":       directory.ListHeader,
		"nom;courriel;roles\n\xc9lodie":   directory.ListCharset,
		"n\x00o\x00m\x00;\x00":            directory.ListCharset,
		"PK\x03\x04\xff":                  directory.ListCharset,
		longList(201):                     directory.ListTooLong,
		longList(10_000):                  directory.ListTooLong,
		strings.Repeat("\"", 1<<20):       directory.ListTooLong,
		"nom;courriel;roles\n{\"a\":1}\n": "",
	} {
		_, err := w.Approvals.ReadList(strings.NewReader(text))
		if want == "" {
			if err != nil {
				t.Errorf("%.20q: %v", text, err)
			}
			continue
		}
		if err == nil || cloison.KindOf(err) != cloison.Invalid || !strings.Contains(err.Error(), string(want)) {
			t.Errorf("%.20q: got %v, want %s", text, err, want)
		}
	}
}

func longList(n int) string {
	var b strings.Builder
	b.WriteString("name,email,roles\n")
	for i := range n {
		fmt.Fprintf(&b, "C %d,c%d@ml.example,adviser\n", i, i)
	}
	return b.String()
}

// TestAnEndlessList: memory and time do not depend on what is sent.
func TestAnEndlessList(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := w.Approvals.ReadList(io.MultiReader(strings.NewReader("name,email,roles\n"), endless{}))
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("got %v after %d bytes", err, after.TotalAlloc-before.TotalAlloc)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "A,a@b.example,adviser\n"[i%22]
	}
	return len(p), nil
}

func TestAListIsApprovedWhole(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	p := w.proposeList("manager", threeColleagues)
	_, err := w.Approvals.Approve(w.Ctx, w.By("approver"), p.ID, p.Version)
	testworld.WantKind(t, err, cloison.Invalid)
	for _, name := range []string{"manager", "manager2", "officer", "near"} {
		if _, _, err := w.Approvals.ApproveList(w.Ctx, w.By(name), p.ID, p.Version); cloison.KindOf(err) != cloison.Denied || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err = w.Approvals.ApproveList(w.Ctx, w.By("approver"), p.ID, p.Version+1)
	testworld.WantKind(t, err, cloison.Stale)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var out []approval.Handout
	for _, name := range []string{"approver", "approver2", "approver"} { // a double submit, and another approver
		wg.Go(func() {
			_, h, err := w.Approvals.ApproveList(w.Ctx, w.By(name), p.ID, p.Version)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				out = append(out, h...)
			} else if k := cloison.KindOf(err); k != cloison.Stale && k != cloison.Conflict && !errors.Is(err, directory.AlreadyThere) {
				t.Errorf("%s: %v", name, err) // AlreadyThere: it read the list before the other's commit, and its accounts after
			}
		})
	}
	wg.Wait()
	if len(out) != 3 {
		t.Fatalf("%d codes were given, want 3", len(out))
	}
	for i, h := range out {
		a := w.Enrol(h.Code, fmt.Sprint("list", i))
		if a.Lineage != w.Who["manager"].ID || a.CreatedBy != w.Who["manager"].ID || a.ID != h.Colleague.Account {
			t.Errorf("the account is %+v", a)
		}
		if !a.OnProbation(w.Clock.Now().AddDate(0, 0, 25)) || a.OnProbation(w.Clock.Now().AddDate(0, 0, 35)) {
			t.Errorf("on probation until %v, want twenty working days", a.ProbationUntil)
		}
	}
	w.Who["listed"] = w.Account(out[0].Colleague.Account)
	again := w.Recover(w.Approve("approver", w.Propose("officer", approval.Ask{Kind: approval.Rebind, Account: w.Who["listed"].ID})), "adviser", "again")
	if !again.OnProbation(w.Clock.Now().AddDate(0, 0, 25)) {
		t.Error("a new code shortened the probation")
	}
	got := w.Codes()
	if n := len(slices.DeleteFunc(slices.Clone(got), func(c string) bool { return c != "account.approved" })); n != 4 {
		t.Errorf("%d approvals in the journal: %v", n, got)
	}
}

// TestAListIsNoWayRound: a structure makes one list a week, it counts among the day's proposals, and none is made
// while one is open.
func TestAListIsNoWayRound(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	p := w.proposeList("manager", threeColleagues)
	l := w.list("name,email,roles\nA,a@ml.example,adviser\n")
	ask := func(name string) error {
		_, err := w.Approvals.ProposeList(w.Ctx, w.By(name), "ML1", l)
		return err
	}
	testworld.WantDenied(t, ask("manager2"), directory.ListTooSoon)
	if err := ask("officer"); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("a second open list: %v", err)
	}
	if _, _, err := w.Approvals.ApproveList(w.Ctx, w.By("approver"), p.ID, p.Version); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(6 * 24 * time.Hour)
	testworld.WantDenied(t, ask("manager"), directory.ListTooSoon)
	w.Clock.Add(25 * time.Hour)
	for range 3 {
		w.Propose("manager", testworld.Newcomer())
	}
	testworld.WantDenied(t, ask("manager"), directory.ListTooSoon) // the day's three are used up
	testworld.WantDenied(t, ask("adviser"), directory.NoRole)
	testworld.WantDenied(t, ask("manager3"), directory.OtherStructure)
	if err := ask("manager2"); err != nil {
		t.Error(err)
	}
	q := w.list("name,email,roles\nA,a2@ml.example,adviser\n")
	q.Colleagues[0].Roles = directory.Officer // not as it was read
	_, err := w.Approvals.ProposeList(w.Ctx, w.By("officer"), "ML2", q)
	testworld.WantDenied(t, err, directory.RoleNotGiven)
}

func TestAListIsLookedAtAgain(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	asked := testworld.Newcomer()
	asked.Email = "camille@ml.example"
	w.Propose("officer", asked)
	l := w.list("name,email,roles\nA,camille@ml.example,adviser\nB,ADVISER@ml.example,adviser\nC,stranger@ml.example,adviser\n")
	if err := w.Approvals.CheckList(w.Ctx, "ML1", &l); err != nil {
		t.Fatal(err)
	}
	if got := faults(l); len(l.Colleagues) != 1 || got[2] != approval.LineWaiting || got[3] != approval.LineThere {
		t.Errorf("refused %v", got)
	}
	_, err := w.Approvals.ProposeList(w.Ctx, w.By("manager"), "ML1", w.list("name,email,roles\nA,adviser@ml.example,adviser\n"))
	testworld.WantKind(t, err, cloison.Invalid)

	p := w.proposeList("manager", threeColleagues)
	w.Add("ML1", "camille2", directory.Adviser) // imported meanwhile
	_, _, err = w.Approvals.ApproveList(w.Ctx, w.By("approver"), p.ID, p.Version)
	testworld.WantDenied(t, err, directory.AlreadyThere)
	w.Change("manager", func(a *directory.Account) { a.State = directory.Suspended }) // cut between
	_, _, err = w.Approvals.ApproveList(w.Ctx, w.By("approver"), p.ID, p.Version)
	if err == nil {
		t.Error("a list of a maker who was cut was approved")
	}
}

func FuzzReadList(f *testing.F) {
	for _, s := range []string{threeColleagues, "\ufeffname\temail\troles\n\"a\"\"b\"\tc@d.example\tadviser", "\xff\xfe", "nom,courriel,roles\n,,\n"} {
		f.Add(s)
	}
	approvals := approval.New(nil, nil, approval.Settings{}, time.Now)
	f.Fuzz(func(t *testing.T, s string) {
		l, err := approvals.ReadList(strings.NewReader(s))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, c := range l.Colleagues {
			if c.Name == "" || !strings.Contains(c.Email.Reveal(), "@") || c.Roles&^(directory.Adviser|directory.Reception) != 0 || c.Roles == 0 ||
				seen[c.Email.Reveal()] || strings.ContainsAny(c.Name.Reveal(), "\r\n\x00") {
				t.Fatalf("taken: %q %q %s", c.Name.Reveal(), c.Email.Reveal(), c.Roles)
			}
			seen[c.Email.Reveal()] = true
		}
	})
}
