package console_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/demo/network"
)

// TestFromProposalToUndo walks the whole life of a rogue account: proposed, approved, enrolled, previewed, contained,
// and given back by two.
func TestFromProposalToUndo(t *testing.T) {
	w := newWorld(t)
	w.run()
	manager, approver := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(-1, network.Approver, 0))
	officer := w.enter(w.agent(-1, network.Officer, 0))

	var proposal struct {
		Proposal cloison.ActID
		Version  int64
	}
	says := manager.act("propose", map[string]any{"kind": "new_account", "name": "Camille Exemple", "email": "camille@exemple.example", "roles": "adviser"}, &proposal)
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
	approver.json("/propositions", &open)
	if open.Waiting != 1 || len(open.Proposals) != 1 || !open.Proposals[0].MayDo || open.Proposals[0].Marginal.Today.Persons != 20 ||
		open.Proposals[0].Marginal.Established.Persons != 60 {
		t.Errorf("the approver is shown %+v", open)
	}
	open.Proposals = nil
	if manager.json("/propositions", &open); open.Proposals[0].Marginal != nil || open.Proposals[0].MayDo {
		t.Errorf("the manager is shown %+v", open)
	}

	var approval struct {
		Account cloison.AccountID
		Code    string
	}
	if a := approver.begin("approve", map[string]any{"proposal": proposal.Proposal, "version": proposal.Version + 1}); a.reason() != "stale" {
		t.Errorf("a version that nobody saw: %d %s", a.status, a.body)
	}
	approver.act("approve", map[string]any{"proposal": proposal.Proposal, "version": proposal.Version}, &approval)

	newcomer := w.visitor()
	newcomer.agent = network.Agent{Email: "camille@exemple.example", Password: "x"}
	w.provider.Add(standinAccount("camille@exemple.example"))
	newcomer.signIn()
	newcomer.enrol(approval.Code)
	newcomer.presence()
	if newcomer.account.ID != approval.Account || newcomer.account.Lineage != manager.account.ID {
		t.Fatalf("the newcomer is %v of %v", newcomer.account.ID, newcomer.account.Lineage)
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
	officer.json("/confinements/apercu?account="+approval.Account.String()+"&since="+since, &preview)
	if len(preview.Accounts) != 2 || preview.Sessions != 2 || len(preview.Look) != 1 || preview.Look[0].Account != approver.account.ID {
		t.Errorf("the preview is %+v", preview)
	}

	var cut struct {
		ID       cloison.ActID
		Accounts []cloison.AccountID
	}
	says = officer.act("contain", map[string]any{"account": approval.Account, "since": since, "reason": "hijack"}, &cut)
	if !strings.Contains(says, "2 habilitations") || len(cut.Accounts) != 2 {
		t.Errorf("the cut %+v is said as %q", cut, says)
	}
	for _, p := range []*person{newcomer, manager} {
		if a := p.get("/exposition", "application/json"); a.reason() != "signed_out" && a.reason() != "not_active" {
			t.Errorf("after the cut: %d %s", a.status, a.body)
		}
	}

	var undo struct{ Done bool }
	officer.act("undo", map[string]any{"cut": cut.ID}, &undo)
	if undo.Done {
		t.Error("one officer undid a cut alone")
	}
	if a := officer.begin("undo", map[string]any{"cut": cut.ID}); a.reason() != "conflict" {
		t.Errorf("the same officer again: %d %s", a.status, a.body)
	}
	second := w.enter(w.promote(w.agent(-1, network.Approver, 1), directory.Officer))
	var home struct {
		Undo int `json:"undos_asked"`
	}
	if second.json("/", &home); home.Undo != 1 {
		t.Errorf("the second officer's home is %+v", home)
	}
	if second.act("undo", map[string]any{"cut": cut.ID}, &undo); !undo.Done {
		t.Error("two officers did not undo the cut")
	}
	var back struct{ State string }
	if officer.json("/habilitations/"+approval.Account.String(), &back); back.State != "active" {
		t.Errorf("after the undo the account is %s", back.State)
	}
}

// TestAlarmRegisterAndRoll reads files until the detector cuts, and holds alarm, cut, register and roll against what
// was shown.
func TestAlarmRegisterAndRoll(t *testing.T) {
	w := newWorld(t)
	w.run()
	adviser, officer := w.enter(w.agent(0, network.Adviser, 0)), w.enter(w.agent(-1, network.Officer, 0))
	start := time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
	own := w.caseload(adviser.account.ID, 5)
	shown := w.read(adviser, own...)
	if shown != 5 {
		t.Fatalf("%d of 5 explained persons were shown", shown)
	}
	for i := 0; i < 60; i++ {
		w.read(adviser, cloison.PersonRef("inconnu-"+string(rune('a'+i%26))+string(rune('a'+i/26))))
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
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		officer.json("/alarmes?since="+start, &alarms)
		if n := len(alarms.Alarms); n > 0 && alarms.Alarms[0].Cut != 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no hard alarm was cut for: %+v", alarms)
		}
	}
	hard := alarms.Alarms[0]
	if hard.Level != "hard" || hard.Shown != 5 || hard.Once != 60000 {
		t.Errorf("the alarm is %+v", hard)
	}
	if page := officer.get("/alarmes", "text/html"); !strings.Contains(page.body, "moins d’une fois en 60\u202f000 dossiers") {
		t.Errorf("the alarm is not said: %s", page.body)
	}
	var register struct {
		Rows []struct {
			Seq     int64
			Account struct{ Account cloison.AccountID }
		}
	}
	officer.json("/registre?account="+adviser.account.ID.String(), &register)
	if len(register.Rows) != shown || register.Rows[0].Seq != 1 {
		t.Errorf("the register has %+v", register)
	}
	if a := officer.get("/registre", "text/html"); strings.Contains(a.body, string(own[0])) {
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
	says := officer.act("export", map[string]any{"cut": hard.Cut, "since": start}, &roll)
	if roll.Persons != shown || len(roll.Entries) != shown || !strings.Contains(says, "1 habilitation") {
		t.Errorf("%q gave %+v", says, roll)
	}
	var counts struct {
		Persons int
		Entries []any
	}
	if officer.json("/releve?cut="+hard.Cut.String()+"&since="+start, &counts); counts.Persons != shown || counts.Entries != nil {
		t.Errorf("the page before it says %+v", counts)
	}
	w.sealed(int64(shown))
	if v := w.verified(officer); !v.OK || v.Sealed != shown || v.Upto != shown || v.By.Account != officer.account.ID {
		t.Errorf("the verification says %+v", v)
	}
	proof := officer.gesture(officer.form("/actes", "verb", "prove", "seq", "1"))
	if !strings.HasPrefix(proof.body, "c2sp.org/tlog-proof@v1\n") {
		t.Errorf("the proof is %d %s", proof.status, proof.body)
	}
	w.traced(officer, own[0], adviser.account.ID)
	visitor := w.visitor()
	for path, status := range map[string]int{"/ledger/checkpoint": 200, "/ledger/tile/entries/000.p/5": 200, "/ledger/tile/0/000.p/5": 200,
		"/ledger/tile/..%2f.state%2ftreeState": 404, "/ledger/tile/../.state/treeState": 404, "/ledger/tile/0": 404, "/ledger/seal.lock": 404,
		"/registre/1/preuve": 404} {
		if a := visitor.get(path, "application/json"); a.status != status {
			t.Errorf("a stranger gets %d for %s, want %d", a.status, path, status)
		}
	}
	var journal struct{ Events []struct{ Code string } }
	officer.json("/journal", &journal)
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

// gesture reads the options out of the page that asks for the passkey, lets the key answer, and sends the page's form
// as the script does.
func (p *person) gesture(page answer) answer {
	p.w.Helper()
	form := find(parse(page.body), func(n *html.Node) bool { return attr(n, "data-passkey") == "act" })
	if form == nil {
		p.w.Fatalf("%d: the page asks for no passkey: %s", page.status, page.body)
	}
	assertion, err := p.key.Assert(p.w.url, []byte(attr(form, "data-options")))
	p.w.must(err)
	return p.form(attr(form, "action"), "assertion", string(assertion), "back", values(form, "back")[0])
}

// TestFormsDoWhatJSONDoes walks the acts as a person does who clicks: every form of the pages, sent as it is.
func TestFormsDoWhatJSONDoes(t *testing.T) {
	w := newWorld(t)
	w.run()
	manager, approver := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(-1, network.Approver, 0))
	officer, adviser := w.enter(w.agent(-1, network.Officer, 0)), w.enter(w.agent(0, network.Adviser, 0))
	w.read(adviser, w.caseload(adviser.account.ID, 3)...)

	propose := func(name string) approval.Proposal {
		page := manager.form("/actes", "verb", "propose", "kind", "new_account", "name", name, "email", strings.ToLower(strings.ReplaceAll(name, " ", "."))+"@exemple.example", "roles", "adviser", "roles", "reception")
		if done := manager.gesture(page); !strings.Contains(done.body, "La proposition pour "+name+" est faite") {
			t.Fatalf("proposing: %d %s", done.status, done.body)
		}
		open, err := w.approvals.Proposals(w.ctx, "")
		w.must(err)
		return open[len(open)-1]
	}
	yes, no, back := propose("Camille"), propose("Dominique"), propose("Claude")
	if yes.Roles != directory.Adviser|directory.Reception {
		t.Errorf("two ticks made %v", yes.Roles)
	}
	done := approver.gesture(approver.form("/actes", "verb", "approve", "proposal", yes.ID.String(), "version", strconv.FormatInt(yes.Version, 10)))
	if !strings.Contains(done.body, "<output>") {
		t.Errorf("approving: %d %s", done.status, done.body)
	}
	done = approver.gesture(approver.form("/actes", "verb", "refuse", "proposal", no.ID.String(), "version", strconv.FormatInt(no.Version, 10), "reason", "not_asked"))
	if p, err := w.approvals.Proposal(w.ctx, no.ID); err != nil || p.State != approval.Refused || p.Reason != "not_asked" {
		t.Errorf("refusing: %d %v %v", done.status, p.State, err)
	}
	done = manager.gesture(manager.form("/actes", "verb", "cancel", "proposal", back.ID.String()))
	if p, err := w.approvals.Proposal(w.ctx, back.ID); err != nil || p.State != approval.Cancelled {
		t.Errorf("cancelling: %d %v %v", done.status, p.State, err)
	}
	colleague := w.accountOf(w.agent(0, network.Adviser, 1)).ID
	done = manager.gesture(manager.form("/actes", "verb", "cover", "of", adviser.account.ID.String(), "for", colleague.String(),
		"until", time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04")))
	if covers, err := w.db.Covers(w.ctx, colleague, time.Now().Add(time.Second)); err != nil || len(covers) != 1 || covers[0].Of != adviser.account.ID {
		t.Errorf("covering: %d %+v %v", done.status, covers, err)
	}
	file := officer.gesture(officer.form("/actes", "verb", "export", "format", "csv", "accounts", adviser.account.ID.String(), "since", "", "until", ""))
	if file.header.Get("Content-Disposition") != `attachment; filename="releve-exposition.csv"` || strings.Count(file.body, "\n") != 4 {
		t.Errorf("exporting: %d %v %s", file.status, file.header, file.body)
	}
	done = officer.gesture(officer.form("/actes", "verb", "suspend", "account", adviser.account.ID.String(), "reason", "left"))
	if a, err := w.db.Account(w.ctx, adviser.account.ID); err != nil || a.State != directory.Suspended || a.Reason != "left" {
		t.Errorf("suspending: %d %v %v", done.status, a.State, err)
	}
	if a := manager.form("/actes", "verb", "propose", "kind", "new_account", "name", "Camille", "email", "nobody", "roles", "adviser"); a.status != 400 ||
		!strings.Contains(a.body, "À corriger\u202f: Courriel") {
		t.Errorf("a bad address: %d %s", a.status, a.body)
	}
	left := manager.form("/cloison/sortie")
	if left.status != 200 || manager.get("/", "application/json").status != 401 {
		t.Errorf("signing out: %d", left.status)
	}
}
