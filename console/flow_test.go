package console_test

import (
	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestFromProposalToUndo walks the whole life of a rogue account: proposed, approved, enrolled, previewed, contained,
// and given back by two.
func TestFromProposalToUndo(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	manager, approver := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(-1, network.Approver, 0))
	officer := w.Enter(w.Agent(-1, network.Officer, 0))

	var proposal struct {
		Proposal cloison.ActID
		Version  int64
	}
	says := manager.Act("propose", map[string]any{"kind": "new_account", "name": "Camille Exemple", "email": "camille@exemple.example", "roles": "adviser"}, &proposal)
	if !strings.Contains(says, "Camille Exemple") || !strings.Contains(says, "conseiller") {
		t.Errorf("the act is said as %q", says)
	}

	var open struct {
		Waiting   int
		Proposals []struct {
			Proposal cloison.ActID
			Marginal *struct {
				Today, Established struct{ Persons, Unexplained int }
			}
			MayDo bool `json:"may_decide"`
		}
	}
	approver.JSON("/propositions", &open)
	if open.Waiting != 1 || len(open.Proposals) != 1 || !open.Proposals[0].MayDo || open.Proposals[0].Marginal.Today.Persons != 20 ||
		open.Proposals[0].Marginal.Established.Persons != 60 {
		t.Errorf("the approver is shown %+v", open)
	}
	open.Proposals = nil
	if manager.JSON("/propositions", &open); open.Proposals[0].Marginal != nil || open.Proposals[0].MayDo {
		t.Errorf("the manager is shown %+v", open)
	}

	var approval struct {
		Account cloison.AccountID
		Code    string
	}
	if a := approver.Begin("approve", map[string]any{"proposal": proposal.Proposal, "version": proposal.Version + 1}); a.Reason() != "stale" {
		t.Errorf("a version that nobody saw: %d %s", a.Status, a.Body)
	}
	approver.Act("approve", map[string]any{"proposal": proposal.Proposal, "version": proposal.Version}, &approval)

	newcomer := w.Visitor()
	newcomer.Agent = network.Agent{Email: "camille@exemple.example", Password: "x"}
	w.Provider.Add(consolekit.StandinAccount("camille@exemple.example"))
	newcomer.SignIn()
	newcomer.Enrol(approval.Code)
	newcomer.Presence()
	if newcomer.Account.ID != approval.Account || newcomer.Account.Lineage != manager.Account.ID {
		t.Fatalf("the newcomer is %v of %v", newcomer.Account.ID, newcomer.Account.Lineage)
	}

	var preview struct {
		Accounts []struct {
			Account cloison.AccountID
			How     string
		}
		Sessions int
		Look     []struct{ Account cloison.AccountID }
	}
	since := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	officer.JSON("/confinements/apercu?account="+approval.Account.String()+"&since="+since, &preview)
	if len(preview.Accounts) != 2 || preview.Sessions != 2 || len(preview.Look) != 1 || preview.Look[0].Account != approver.Account.ID {
		t.Errorf("the preview is %+v", preview)
	}

	var cut struct {
		ID       cloison.ActID
		Accounts []cloison.AccountID
	}
	says = officer.Act("contain", map[string]any{"account": approval.Account, "since": since, "reason": "hijack"}, &cut)
	if !strings.Contains(says, "2 habilitations") || len(cut.Accounts) != 2 {
		t.Errorf("the cut %+v is said as %q", cut, says)
	}
	for _, p := range []*consolekit.Person{newcomer, manager} {
		if a := p.Get("/exposition", "application/json"); a.Reason() != "signed_out" && a.Reason() != "not_active" {
			t.Errorf("after the cut: %d %s", a.Status, a.Body)
		}
	}

	var undo struct{ Done bool }
	officer.Act("undo", map[string]any{"cut": cut.ID}, &undo)
	if undo.Done {
		t.Error("one officer undid a cut alone")
	}
	if a := officer.Begin("undo", map[string]any{"cut": cut.ID}); a.Reason() != "conflict" {
		t.Errorf("the same officer again: %d %s", a.Status, a.Body)
	}
	second := w.Enter(w.Promote(w.Agent(-1, network.Approver, 1), directory.Officer))
	var home struct {
		Undo int `json:"undos_asked"`
	}
	if second.JSON("/", &home); home.Undo != 1 {
		t.Errorf("the second officer's home is %+v", home)
	}
	if second.Act("undo", map[string]any{"cut": cut.ID}, &undo); !undo.Done {
		t.Error("two officers did not undo the cut")
	}
	var back struct{ State string }
	if officer.JSON("/habilitations/"+approval.Account.String(), &back); back.State != "active" {
		t.Errorf("after the undo the account is %s", back.State)
	}
}

// TestAlarmRegisterAndRoll reads files until the detector cuts, and holds alarm, cut, register and roll against what
// was shown.
func TestAlarmRegisterAndRoll(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	adviser, officer := w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Agent(-1, network.Officer, 0))
	start := time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
	own := w.Caseload(adviser.Account.ID, 5)
	shown := w.Read(adviser, own...)
	if shown != 5 {
		t.Fatalf("%d of 5 explained persons were shown", shown)
	}
	for i := 0; i < 60; i++ {
		w.Read(adviser, cloison.PersonRef("inconnu-"+string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	var alarms struct {
		Alarms []struct {
			ID                          int64
			Level                       string
			Shown, Persons, Unexplained int
			Once                        int64 `json:"once_in"`
			Cut                         cloison.ActID
		}
	}
	testkit.Until(t, "no hard alarm was cut for", func() bool {
		officer.JSON("/alarmes?since="+start, &alarms)
		return len(alarms.Alarms) > 0 && alarms.Alarms[0].Cut != 0
	})
	hard := alarms.Alarms[0]
	if hard.Level != "hard" || hard.Shown != 5 || hard.Once != 60000 {
		t.Errorf("the alarm is %+v", hard)
	}
	if page := officer.Get("/alarmes", "text/html"); !strings.Contains(page.Body, "moins d’une fois en 60\u202f000 dossiers") {
		t.Errorf("the alarm is not said: %s", page.Body)
	}
	var register struct {
		Rows []struct {
			Seq     int64
			Account struct{ Account cloison.AccountID }
		}
	}
	officer.JSON("/registre?account="+adviser.Account.ID.String(), &register)
	if len(register.Rows) != shown || register.Rows[0].Seq != 1 {
		t.Errorf("the register has %+v", register)
	}
	if a := officer.Get("/registre", "text/html"); strings.Contains(a.Body, string(own[0])) {
		t.Error("the register names a person")
	}
	var roll struct {
		Persons int
		Entries []struct {
			Person string
			Fields []string
			Class  string
		}
	}
	says := officer.Act("export", map[string]any{"cut": hard.Cut, "since": start}, &roll)
	if roll.Persons != shown || len(roll.Entries) != shown || !strings.Contains(says, "1 habilitation") {
		t.Errorf("%q gave %+v", says, roll)
	}
	var counts struct {
		Persons int
		Entries []any
	}
	if officer.JSON("/releve?cut="+hard.Cut.String()+"&since="+start, &counts); counts.Persons != shown || counts.Entries != nil {
		t.Errorf("the page before it says %+v", counts)
	}
	w.Sealed(int64(shown))
	if v := w.Verified(officer); !v.OK || v.Sealed != shown || v.Upto != shown || v.By.Account != officer.Account.ID {
		t.Errorf("the verification says %+v", v)
	}
	proof := officer.Gesture(officer.Form("/actes", "verb", "prove", "seq", "1"))
	if !strings.HasPrefix(proof.Body, "c2sp.org/tlog-proof@v1\n") {
		t.Errorf("the proof is %d %s", proof.Status, proof.Body)
	}
	traced(w, officer, own[0], adviser.Account.ID)
	visitor := w.Visitor()
	for path, status := range map[string]int{"/ledger/checkpoint": 200, "/ledger/tile/entries/000.p/5": 200, "/ledger/tile/0/000.p/5": 200,
		"/ledger/tile/..%2f.state%2ftreeState": 404, "/ledger/tile/../.state/treeState": 404, "/ledger/tile/0": 404, "/ledger/seal.lock": 404,
		"/registre/1/preuve": 404} {
		if a := visitor.Get(path, "application/json"); a.Status != status {
			t.Errorf("a stranger gets %d for %s, want %d", a.Status, path, status)
		}
	}
	var journal struct{ Events []struct{ Code string } }
	officer.JSON("/journal", &journal)
	seen := map[string]bool{}
	for _, e := range journal.Events {
		seen[e.Code] = true
	}
	for _, code := range []string{"alarm.hard", "lineage.cut", "roll.exported", "row.proved", "person.traced"} {
		if !seen[code] {
			t.Errorf("the journal has no %s", code)
		}
	}
}

// TestFormsDoWhatJSONDoes walks the acts as a person does who clicks: every form of the pages, sent as it is.
func TestFormsDoWhatJSONDoes(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	manager, approver := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(-1, network.Approver, 0))
	officer, adviser := w.Enter(w.Agent(-1, network.Officer, 0)), w.Enter(w.Agent(0, network.Adviser, 0))
	w.Read(adviser, w.Caseload(adviser.Account.ID, 3)...)

	propose := func(name string) approval.Proposal {
		page := manager.Form("/actes", "verb", "propose", "kind", "new_account", "name", name, "email", strings.ToLower(strings.ReplaceAll(name, " ", "."))+"@exemple.example", "roles", "adviser", "roles", "reception")
		if done := manager.Gesture(page); !strings.Contains(done.Body, "La proposition pour "+name+" est faite") {
			t.Fatalf("proposing: %d %s", done.Status, done.Body)
		}
		open, err := w.Approvals.Proposals(w.Ctx, "")
		w.Must(err)
		return open[len(open)-1]
	}
	yes, no, back := propose("Camille"), propose("Dominique"), propose("Claude")
	if yes.Roles != directory.Adviser|directory.Reception {
		t.Errorf("two ticks made %v", yes.Roles)
	}
	done := approver.Gesture(approver.Form("/actes", "verb", "approve", "proposal", yes.ID.String(), "version", strconv.FormatInt(yes.Version, 10)))
	if !strings.Contains(done.Body, "<output>") {
		t.Errorf("approving: %d %s", done.Status, done.Body)
	}
	done = approver.Gesture(approver.Form("/actes", "verb", "refuse", "proposal", no.ID.String(), "version", strconv.FormatInt(no.Version, 10), "reason", "not_asked"))
	if p, err := w.Approvals.Proposal(w.Ctx, no.ID); err != nil || p.State != approval.Refused || p.Reason != "not_asked" {
		t.Errorf("refusing: %d %v %v", done.Status, p.State, err)
	}
	done = manager.Gesture(manager.Form("/actes", "verb", "cancel", "proposal", back.ID.String()))
	if p, err := w.Approvals.Proposal(w.Ctx, back.ID); err != nil || p.State != approval.Cancelled {
		t.Errorf("cancelling: %d %v %v", done.Status, p.State, err)
	}
	colleague := w.AccountOf(w.Agent(0, network.Adviser, 1)).ID
	done = manager.Gesture(manager.Form("/actes", "verb", "cover", "of", adviser.Account.ID.String(), "for", colleague.String(),
		"until", time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04")))
	if covers, err := w.DB.Covers(w.Ctx, colleague, time.Now().Add(time.Second)); err != nil || len(covers) != 1 || covers[0].Of != adviser.Account.ID {
		t.Errorf("covering: %d %+v %v", done.Status, covers, err)
	}
	file := officer.Gesture(officer.Form("/actes", "verb", "export", "format", "csv", "accounts", adviser.Account.ID.String(), "since", "", "until", ""))
	if file.Header.Get("Content-Disposition") != `attachment; filename="releve-exposition.csv"` || strings.Count(file.Body, "\n") != 4 {
		t.Errorf("exporting: %d %v %s", file.Status, file.Header, file.Body)
	}
	done = officer.Gesture(officer.Form("/actes", "verb", "suspend", "account", adviser.Account.ID.String(), "reason", "left"))
	if a, err := w.DB.Account(w.Ctx, adviser.Account.ID); err != nil || a.State != directory.Suspended || a.Reason != "left" {
		t.Errorf("suspending: %d %v %v", done.Status, a.State, err)
	}
	if a := manager.Form("/actes", "verb", "propose", "kind", "new_account", "name", "Camille", "email", "nobody", "roles", "adviser"); a.Status != 400 ||
		!strings.Contains(a.Body, "À corriger\u202f: Courriel") {
		t.Errorf("a bad address: %d %s", a.Status, a.Body)
	}
	left := manager.Form("/cloison/sortie")
	if left.Status != 200 || manager.Get("/", "application/json").Status != 401 {
		t.Errorf("signing out: %d", left.Status)
	}
}
