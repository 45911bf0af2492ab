package console_test

import (
	"strings"
	"testing"

	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/ledger/retention"
)

// TestAHoldOnTheLedger: one sets it with a passkey, two lift it, and each state is on the page.
func TestAHoldOnTheLedger(t *testing.T) {
	w := newWorld(t)
	w.run()
	officer, auditor := w.enter(w.agent(-1, network.Officer, 0)), w.enter(w.agent(-1, network.Auditor, 0))
	dpo := w.enter(w.agent(-1, network.DPO, 0))
	if page := auditor.get("/registre/conservation", "text/html").body; !strings.Contains(page, "12 mois") || strings.Contains(page, "<form method=\"post\" action=\"/registre") {
		t.Errorf("an auditor sees %s", page)
	}
	if a := officer.begin("hold", map[string]any{"reference": "a\nb"}); a.status != 400 {
		t.Errorf("two lines: %d %s", a.status, a.body)
	}
	const evil = `RG 26/1 <script>alert(1)</script>`
	var set struct{ Hold string }
	officer.act("hold", map[string]any{"reference": evil}, &set)
	need, err := w.db.Needs(w.ctx, retention.Question{})
	w.must(err)
	if !need.Hold {
		t.Error("nothing is held")
	}
	page := dpo.get("/registre/conservation", "text/html").body
	if !strings.Contains(page, "gelé pour 1 affaire") || strings.Contains(page, "<script>alert") || !strings.Contains(page, "Demander la fin") {
		t.Errorf("the page is %s", page)
	}
	subject := map[string]any{"hold": set.Hold}
	if a := auditor.begin("lift", subject); a.reason() != "no_role" {
		t.Errorf("an auditor: %d %s", a.status, a.body)
	}
	var done struct{ Lifted bool }
	officer.act("lift", subject, &done)
	if done.Lifted {
		t.Error("one alone has lifted it")
	}
	if a := officer.begin("lift", subject); a.reason() != string(directory.OwnProposal) {
		t.Errorf("the same one: %d %s", a.status, a.body)
	}
	dpo.act("lift", subject, &done)
	if !done.Lifted {
		t.Error("two have not lifted it")
	}
	if a := officer.begin("lift", subject); a.reason() != "conflict" {
		t.Errorf("again: %d %s", a.status, a.body)
	}
	var view struct {
		Months int
		Holds  []struct{ Lifted string }
	}
	auditor.json("/registre/conservation", &view)
	if view.Months != 12 || len(view.Holds) != 1 || view.Holds[0].Lifted == "" {
		t.Errorf("%+v", view)
	}
}
