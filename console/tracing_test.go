package console_test

import (
	"strings"
	"testing"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
)

// traced asks who read a person, and holds the answer and the journal against what happened.
func traced(w *consolekit.World, officer *consolekit.Person, read cloison.PersonRef, by cloison.AccountID) {
	w.Helper()
	page := officer.Gesture(officer.Form("/actes", "verb", "trace", "person", string(read), "since", "", "until", ""))
	if page.Status != 200 || !strings.Contains(page.Body, "1 habilitation a consulté cette personne") || !strings.Contains(page.Body, by.String()) {
		w.Errorf("the search found %d %s", page.Status, page.Body)
	}
	if none := officer.Gesture(officer.Form("/actes", "verb", "trace", "person", "nobody' OR '1'='1")); !strings.Contains(none.Body, "Personne n’a consulté") {
		w.Errorf("the search for nobody found %d %s", none.Status, none.Body)
	}
	events, err := w.DB.EventsWhere(w.Ctx, journal.Search{Code: "person.traced", Account: officer.Account.ID, Limit: 10})
	w.Must(err)
	if len(events) != 2 || events[1].Detail["rows"] != "1" || events[1].Detail["newest"] == "" || events[0].Detail["rows"] != "0" {
		w.Errorf("the journal has %+v", events)
	}
	for _, e := range events {
		for _, v := range e.Detail {
			if v == string(read) {
				w.Error("the journal names the person")
			}
		}
	}
}

// TestTheRegisterIsReadByAct tries to trace and to prove without the right, the gesture or a subject that exists.
func TestTheRegisterIsReadByAct(t *testing.T) {
	w := consolekit.New(t)
	manager, auditor := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Promote(w.Agent(-1, network.Officer, 0), directory.Auditor))
	for _, c := range []struct {
		who    *consolekit.Person
		form   []string
		status int
	}{
		{manager, []string{"verb", "trace", "person", "1"}, 403},
		{manager, []string{"verb", "prove", "seq", "1"}, 403},
		{auditor, []string{"verb", "prove", "seq", "1"}, 404},
		{auditor, []string{"verb", "prove", "seq", "0"}, 404},
		{auditor, []string{"verb", "prove", "seq", "-1"}, 404},
		{auditor, []string{"verb", "prove", "seq", "1e3"}, 400},
		{auditor, []string{"verb", "trace", "person", ""}, 400},
		{auditor, []string{"verb", "trace", "person", strings.Repeat("9", 201)}, 400},
		{auditor, []string{"verb", "trace", "person", "1", "since", "2020-01-01", "until", "2021-01-01"}, 400},
		{auditor, []string{"verb", "trace", "person", "1", "since", "2021-01-02", "until", "2021-01-01"}, 400},
	} {
		if a := c.who.Form("/actes", c.form...); a.Status != c.status {
			t.Errorf("%v: %d, want %d: %s", c.form, a.Status, c.status, a.Body)
		}
	}
	if a := auditor.Get("/registre?person=1", "text/html"); strings.Contains(a.Body, `value="1"`) {
		t.Error("an address names a person")
	}
}

// TestTheJournalIsSifted asks the journal by account, code and time.
func TestTheJournalIsSifted(t *testing.T) {
	w := consolekit.New(t)
	adviser, officer := w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Agent(-1, network.Officer, 0))
	var journal struct {
		Events []struct {
			Code           string
			Actor, Account struct{ Account cloison.AccountID }
		}
	}
	officer.JSON("/journal?code=account.enrolled&account="+adviser.Account.ID.String(), &journal)
	if len(journal.Events) != 1 || journal.Events[0].Account.Account != adviser.Account.ID {
		t.Errorf("the adviser's enrolment is %+v", journal)
	}
	officer.JSON("/journal?until=2020-01-01", &journal)
	if len(journal.Events) != 0 {
		t.Errorf("before anything happened there is %+v", journal)
	}
	for query, status := range map[string]int{"account=nonsense": 422, "since=nonsense": 422, "code=no.such": 200, "code=%3Cscript%3E": 200, "before=-4": 200} {
		if a := officer.Get("/journal?"+query, "text/html"); a.Status != status || strings.Contains(a.Body, "<script>") {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
}

// TestNoActOfWhoWasStopped does each act that hands out persons in the name of an officer who was suspended, or lost
// the role, after the page had read the account: the directory says no at the moment of the act, and the journal has no
// line of it.
func TestNoActOfWhoWasStopped(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	w.Read(adviser, w.Caseload(adviser.Account.ID, 1)...)
	w.Sealed(1)
	before := w.AccountOf(w.Agent(-1, network.Officer, 0))
	acts := map[string]string{"prove": `{"seq":1}`, "trace": `{"person":"1"}`, "export": `{"accounts":["` + adviser.Account.ID.String() + `"]}`}
	for name, stop := range map[string]func(a *directory.Account){
		"suspended":     func(a *directory.Account) { a.State = directory.Suspended },
		"another role":  func(a *directory.Account) { a.Roles = directory.Approver },
		"back at work ": func(*directory.Account) {},
	} {
		a := before
		stop(&a)
		a.Version = w.AccountOf(w.Agent(-1, network.Officer, 0)).Version
		w.Must(w.DB.UpdateAccount(w.Ctx, a))
		for verb, subject := range acts {
			err := w.Console.Do(w.Ctx, verb, before, subject)
			if stopped := a.State != before.State || a.Roles != before.Roles; stopped && cloison.KindOf(err) != cloison.Denied || !stopped && err != nil {
				t.Errorf("%s: %s gives %v", name, verb, err)
			}
		}
	}
	for _, code := range []string{"row.proved", "person.traced", "roll.exported"} {
		events, err := w.DB.EventsWhere(w.Ctx, journal.Search{Code: code, Limit: 10})
		w.Must(err)
		if len(events) != 1 {
			t.Errorf("%d lines of %s", len(events), code)
		}
	}
}
