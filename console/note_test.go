package console_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/demo/network"
)

// TestANoteReachesWhoProposedAndNobodyElse refuses with a note full of markup: whoever proposed, the journal and the
// passkey's page show it as text; the events and a stranger have none of it.
func TestANoteReachesWhoProposedAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	manager, approver := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(-1, network.Approver, 0))
	officer, stranger := w.enter(w.agent(-1, network.Officer, 0)), w.enter(w.agent(1, network.Manager, 0))
	var p approval.Proposal
	manager.act("propose", map[string]any{"kind": "new_account", "name": "Camille Exemple", "email": "camille@exemple.example", "roles": "adviser"}, nil)
	open, err := w.approvals.Proposals(w.ctx, "")
	w.must(err)
	p = open[0]
	id, version := p.ID.String(), strconv.FormatInt(p.Version, 10)

	note := "Camille est déjà\r\nchez vous \u202e" + evil
	page := approver.form("/propositions", "form", "refuse", "verb", "refuse", "proposal", id, "version", version, "reason", "duplicate", "note", note)
	if !strings.Contains(page.body, "Camille est déjà chez vous") || strings.Contains(page.body, "\u202e") {
		t.Errorf("the passkey is asked without the note: %d %s", page.status, page.body)
	}
	done := approver.gesture(page)
	kept, err := w.approvals.Proposal(w.ctx, p.ID)
	w.must(err)
	if kept.State != approval.Refused || kept.Note != "Camille est déjà chez vous "+cloison.Personal(evil) {
		t.Errorf("refused: %d, %s, %q", done.status, kept.State, kept.Note.Reveal())
	}
	for who, page := range map[string]answer{"maker": manager.get("/propositions", "text/html"), "journal": officer.get("/journal?code=account.refused", "text/html"),
		"passkey": page} {
		if !strings.Contains(page.body, "Camille est déjà chez vous") {
			t.Errorf("%s: the note is not shown: %s", who, page.body)
		}
		for z := html.NewTokenizer(strings.NewReader(page.body)); z.Next() != html.ErrorToken; {
			if token := z.Token(); token.Type == html.StartTagToken && (token.Data == "img" || token.Data == "script" && !strings.Contains(token.String(), "/cloison/static/")) {
				t.Errorf("%s: the note is markup: %s", who, token)
			}
		}
	}
	for _, path := range []string{"/propositions", "/", "/habilitations"} {
		if a := stranger.get(path, "application/json"); strings.Contains(a.body, "chez vous") {
			t.Errorf("a stranger reads the note on %s", path)
		}
	}
	events, err := w.db.EventsWhere(w.ctx, directory.EventSearch{Code: "account.refused", Limit: 9})
	w.must(err)
	if len(events) != 1 || strings.Contains(fmt.Sprint(events[0].Detail), "Camille") {
		t.Errorf("the journal's line is %+v", events)
	}
	if a := approver.begin("refuse", map[string]any{"proposal": id, "version": p.Version, "reason": "other", "note": strings.Repeat("n", approval.MaxNote+1)}); a.reason() != "field" {
		t.Errorf("a note that is too long: %d %s", a.status, a.body)
	}
	if err := w.approvals.Refuse(w.ctx, directory.Caller{Account: approver.account.ID}, p.ID, kept.Version, "other", cloison.Personal(strings.Repeat("n", approval.MaxNote+1))); cloison.KindOf(err) != cloison.Invalid ||
		strings.Contains(err.Error(), "nnn") {
		t.Errorf("a note that is too long: %v", err)
	}
}
