package console_test

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
)

// TestLettersAreListedWithoutTheirTextAndSentAgainByAnOfficer.
func TestLettersAreListedWithoutTheirTextAndSentAgainByAnOfficer(t *testing.T) {
	w := newWorld(t)
	officer := w.enter(w.agent(-1, network.Officer, 0))
	auditor := w.enter(w.promote(w.central(3), directory.Auditor))
	to := w.accountOf(w.agent(0, network.Adviser, 0))
	now := time.Now().UTC()
	w.must(w.db.Post(w.ctx, letters.Batch{Reader: "test", To: 1, Letters: []letters.Letter{{Key: "k", Kind: letters.OwnFactor, To: to.ID,
		As: letters.ToHolder, Address: "secret.address@ml.example", Subject: "Sujet", Body: "TEXTE", State: letters.Unsent, Made: now, Due: now}}}))
	l, err := w.db.Claim(w.ctx, "sender", now, now.Add(time.Minute))
	w.must(err)
	_, err = w.db.Lapse(w.ctx, now.Add(time.Hour), now.Add(-time.Hour))
	w.must(err)
	var list struct {
		Letters []struct {
			ID        int64
			State     string
			MayResend bool `json:"may_resend"`
		}
		Sends bool
	}
	for _, p := range []*person{officer, auditor} {
		for _, accept := range []string{"application/json", "text/html"} {
			a := p.get("/courriels?state=doubtful", accept)
			if a.status != 200 || strings.Contains(a.body, "secret.address") || strings.Contains(a.body, "TEXTE") {
				t.Errorf("%d: %s", a.status, a.body)
			}
		}
		p.json("/courriels", &list)
		if len(list.Letters) != 1 || list.Letters[0].State != "doubtful" || list.Letters[0].MayResend != (p == officer) || list.Sends {
			t.Errorf("the list is %+v", list)
		}
	}
	subject := map[string]any{"letter": strconv.FormatInt(l.ID, 10)}
	var done struct{ State string }
	officer.act("resend", subject, &done)
	if got, err := w.db.Letter(w.ctx, l.ID); err != nil || got.State != letters.Unsent || done.State != "unsent" {
		t.Errorf("the letter is %s, %v", got.State, err)
	}
	if a := officer.begin("resend", subject); a.reason() != "conflict" {
		t.Errorf("again: %d %s", a.status, a.body)
	}
	events, err := w.db.Events(w.ctx, 0, 1000)
	w.must(err)
	if last := events[len(events)-1]; last.Code != "letter.resent" || last.Actor != officer.account.ID || last.Account != to.ID {
		t.Errorf("the journal ends with %+v", last)
	}
}

// TestAWitnessReadsTheWordOnce goes through the page: who waits, the act, the word, and nothing of it afterwards.
func TestAWitnessReadsTheWordOnce(t *testing.T) {
	w := newWorld(t)
	people := w.staff()
	w.course(people["manager"].agent)
	lost := w.accountOf(w.agent(0, network.Adviser, 9))
	var view struct {
		Waiting []struct {
			Account cloison.AccountID
			May     bool   `json:"may_witness"`
			Bar     string `json:"may_witness_not"`
		}
	}
	if people["director"].json("/temoins", &view); len(view.Waiting) != 0 {
		t.Errorf("somebody waits: %+v", view)
	}
	p, err := w.approvals.Propose(w.ctx, directory.Caller{Account: people["manager"].account.ID}, approval.Ask{Kind: approval.Rebind, Account: lost.ID})
	w.must(err)
	done, err := w.approvals.Approve(w.ctx, directory.Caller{Account: people["approver"].account.ID}, p.ID, p.Version)
	w.must(err)
	people["director"].json("/temoins", &view)
	if len(view.Waiting) != 1 || view.Waiting[0].Account != lost.ID || !view.Waiting[0].May {
		t.Errorf("the director sees %+v", view)
	}
	people["manager"].json("/temoins", &view)
	if len(view.Waiting) != 1 || view.Waiting[0].May || view.Waiting[0].Bar != "own_proposal" {
		t.Errorf("the manager sees %+v", view)
	}
	var presence struct{ Word string }
	people["director"].act("witness", map[string]any{"account": lost.ID}, &presence)
	if len(presence.Word) != 4 {
		t.Errorf("the word is %q", presence.Word)
	}
	for _, path := range []string{"/temoins", "/habilitations/" + lost.ID.String()} {
		if a := people["director"].get(path, "text/html"); strings.Contains(a.body, presence.Word) && a.status == 200 {
			t.Errorf("%s shows the word again", path)
		}
	}
	if _, err := w.approvals.Enrol(w.ctx, done.Code.Reveal()+presence.Word, directory.Binding{IdP: "idp", Sub: "new"}, 1); err != nil {
		t.Error(err)
	}
}
