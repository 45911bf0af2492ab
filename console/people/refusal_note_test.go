package people_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cloison"
	"cloison/access/approval"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
)

// TestANoteReachesWhoProposedAndNobodyElse refuses with a note full of markup: whoever proposed, the journal and the
// passkey's page show it as text; the events and a stranger have none of it.
func TestANoteReachesWhoProposedAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	manager, approver := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(-1, network.Approver, 0))
	officer, stranger := w.Enter(w.Agent(-1, network.Officer, 0)), w.Enter(w.Agent(1, network.Manager, 0))
	var p approval.Proposal
	manager.Act("propose", map[string]any{"kind": "new_account", "name": "Camille Exemple", "email": "camille@exemple.example", "roles": "adviser"}, nil)
	open, err := w.Approvals.Proposals(w.Ctx, "")
	w.Must(err)
	p = open[0]
	id, version := p.ID.String(), strconv.FormatInt(p.Version, 10)

	note := "Camille est déjà\r\nchez vous \u202e" + consolekit.Evil
	page := approver.Form("/propositions", "form", "refuse", "verb", "refuse", "proposal", id, "version", version, "reason", "duplicate", "note", note)
	if !strings.Contains(page.Body, "Camille est déjà chez vous") || strings.Contains(page.Body, "\u202e") {
		t.Errorf("the passkey is asked without the note: %d %s", page.Status, page.Body)
	}
	done := approver.Gesture(page)
	kept, err := w.Approvals.Proposal(w.Ctx, p.ID)
	w.Must(err)
	if kept.State != approval.Refused || kept.Note != "Camille est déjà chez vous "+cloison.Personal(consolekit.Evil) {
		t.Errorf("refused: %d, %s, %q", done.Status, kept.State, kept.Note.Reveal())
	}
	for who, page := range map[string]consolekit.Answer{"maker": manager.Get("/propositions", "text/html"), "journal": officer.Get("/journal?code=account.refused", "text/html"),
		"passkey": page} {
		if !strings.Contains(page.Body, "Camille est déjà chez vous") {
			t.Errorf("%s: the note is not shown: %s", who, page.Body)
		}
		for z := html.NewTokenizer(strings.NewReader(page.Body)); z.Next() != html.ErrorToken; {
			if token := z.Token(); token.Type == html.StartTagToken && (token.Data == "img" || token.Data == "script" && !strings.Contains(token.String(), "/cloison/static/")) {
				t.Errorf("%s: the note is markup: %s", who, token)
			}
		}
	}
	for _, path := range []string{"/propositions", "/", "/habilitations"} {
		if a := stranger.Get(path, "application/json"); strings.Contains(a.Body, "chez vous") {
			t.Errorf("a stranger reads the note on %s", path)
		}
	}
	events, err := w.DB.EventsWhere(w.Ctx, journal.Search{Code: "account.refused", Limit: 9})
	w.Must(err)
	if len(events) != 1 || strings.Contains(fmt.Sprint(events[0].Detail), "Camille") {
		t.Errorf("the journal's line is %+v", events)
	}
	if a := approver.Begin("refuse", map[string]any{"proposal": id, "version": p.Version, "reason": "other", "note": strings.Repeat("n", approval.MaxNote+1)}); a.Reason() != "field" {
		t.Errorf("a note that is too long: %d %s", a.Status, a.Body)
	}
	if err := w.Approvals.Refuse(w.Ctx, cloison.Caller{Account: approver.Account.ID}, p.ID, kept.Version, "other", cloison.Personal(strings.Repeat("n", approval.MaxNote+1))); cloison.KindOf(err) != cloison.Invalid ||
		strings.Contains(err.Error(), "nnn") {
		t.Errorf("a note that is too long: %v", err)
	}
}
