package oversight_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
)

// TestLettersAreListedWithoutTheirTextAndSentAgainByAnOfficer.
func TestLettersAreListedWithoutTheirTextAndSentAgainByAnOfficer(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	auditor := w.Enter(w.Promote(w.Central(3), directory.Auditor))
	to := w.AccountOf(w.Agent(0, network.Adviser, 0))
	now := time.Now().UTC()
	w.Must(w.DB.Post(w.Ctx, letters.Batch{Reader: "test", To: 1, Letters: []letters.Letter{{Key: "k", Kind: letters.OwnFactor, To: to.ID,
		As: letters.ToHolder, Address: "secret.address@ml.example", Subject: "Sujet", Body: "TEXTE", State: letters.Unsent, Made: now, Due: now}}}))
	l, err := w.DB.Claim(w.Ctx, "sender", now, now.Add(time.Minute))
	w.Must(err)
	_, err = w.DB.Lapse(w.Ctx, now.Add(time.Hour), now.Add(-time.Hour))
	w.Must(err)
	var list struct {
		Letters []struct {
			ID        int64
			State     string
			MayResend bool `json:"may_resend"`
		}
		Sends bool
	}
	for _, p := range []*consolekit.Person{officer, auditor} {
		for _, accept := range []string{"application/json", "text/html"} {
			a := p.Get("/courriels?state=doubtful", accept)
			if a.Status != 200 || strings.Contains(a.Body, "secret.address") || strings.Contains(a.Body, "TEXTE") {
				t.Errorf("%d: %s", a.Status, a.Body)
			}
		}
		p.JSON("/courriels", &list)
		if len(list.Letters) != 1 || list.Letters[0].State != "doubtful" || list.Letters[0].MayResend != (p == officer) || list.Sends {
			t.Errorf("the list is %+v", list)
		}
	}
	subject := map[string]any{"letter": strconv.FormatInt(l.ID, 10)}
	var done struct{ State string }
	officer.Act("resend", subject, &done)
	if got, err := w.DB.Letter(w.Ctx, l.ID); err != nil || got.State != letters.Unsent || done.State != "unsent" {
		t.Errorf("the letter is %s, %v", got.State, err)
	}
	if a := officer.Begin("resend", subject); a.Reason() != "conflict" {
		t.Errorf("again: %d %s", a.Status, a.Body)
	}
	events, err := w.DB.Events(w.Ctx, 0, 1000)
	w.Must(err)
	if last := events[len(events)-1]; last.Code != "letter.resent" || last.Actor != officer.Account.ID || last.Account != to.ID {
		t.Errorf("the journal ends with %+v", last)
	}
}

// TestAWitnessReadsTheWordOnce goes through the page: who waits, the act, the word, and nothing of it afterwards.
func TestAWitnessReadsTheWordOnce(t *testing.T) {
	w := consolekit.New(t)
	people := w.Staff()
	w.Course(people["manager"].Agent)
	lost := w.AccountOf(w.Agent(0, network.Adviser, 9))
	var view struct {
		Waiting []struct {
			Account cloison.AccountID
			May     bool   `json:"may_witness"`
			Bar     string `json:"may_witness_not"`
		}
	}
	if people["director"].JSON("/temoins", &view); len(view.Waiting) != 0 {
		t.Errorf("somebody waits: %+v", view)
	}
	p, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: people["manager"].Account.ID}, approval.Ask{Kind: approval.Rebind, Account: lost.ID})
	w.Must(err)
	done, err := w.Approvals.Approve(w.Ctx, cloison.Caller{Account: people["approver"].Account.ID}, p.ID, p.Version)
	w.Must(err)
	people["director"].JSON("/temoins", &view)
	if len(view.Waiting) != 1 || view.Waiting[0].Account != lost.ID || !view.Waiting[0].May {
		t.Errorf("the director sees %+v", view)
	}
	people["manager"].JSON("/temoins", &view)
	if len(view.Waiting) != 1 || view.Waiting[0].May || view.Waiting[0].Bar != "own_proposal" {
		t.Errorf("the manager sees %+v", view)
	}
	var presence struct{ Word string }
	people["director"].Act("witness", map[string]any{"account": lost.ID}, &presence)
	if len(presence.Word) != 4 {
		t.Errorf("the word is %q", presence.Word)
	}
	for _, path := range []string{"/temoins", "/habilitations/" + lost.ID.String()} {
		if a := people["director"].Get(path, "text/html"); strings.Contains(a.Body, presence.Word) && a.Status == 200 {
			t.Errorf("%s shows the word again", path)
		}
	}
	if _, err := w.Approvals.Enrol(w.Ctx, done.Code.Reveal()+presence.Word, directory.Binding{IdP: "idp", Sub: "new"}, 1); err != nil {
		t.Error(err)
	}
}
