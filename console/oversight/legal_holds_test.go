package oversight_test

import (
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/retention"
	"strings"
	"testing"
)

// TestAHoldOnTheLedger: one sets it with a passkey, two lift it, and each state is on the page.
func TestAHoldOnTheLedger(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	officer, auditor := w.Enter(w.Agent(-1, network.Officer, 0)), w.Enter(w.Agent(-1, network.Auditor, 0))
	dpo := w.Enter(w.Agent(-1, network.DPO, 0))
	if page := auditor.Get("/registre/conservation", "text/html").Body; !strings.Contains(page, "12 mois") || strings.Contains(page, "<form method=\"post\" action=\"/registre") {
		t.Errorf("an auditor sees %s", page)
	}
	if a := officer.Begin("hold", map[string]any{"reference": "a\nb"}); a.Status != 400 {
		t.Errorf("two lines: %d %s", a.Status, a.Body)
	}
	const evil = `RG 26/1 <script>alert(1)</script>`
	var set struct{ Hold string }
	officer.Act("hold", map[string]any{"reference": evil}, &set)
	need, err := w.DB.Needs(w.Ctx, retention.Question{})
	w.Must(err)
	if !need.Hold {
		t.Error("nothing is held")
	}
	page := dpo.Get("/registre/conservation", "text/html").Body
	if !strings.Contains(page, "gelé pour 1 affaire") || strings.Contains(page, "<script>alert") || !strings.Contains(page, "Demander la fin") {
		t.Errorf("the page is %s", page)
	}
	subject := map[string]any{"hold": set.Hold}
	if a := auditor.Begin("lift", subject); a.Reason() != "no_role" {
		t.Errorf("an auditor: %d %s", a.Status, a.Body)
	}
	var done struct{ Lifted bool }
	officer.Act("lift", subject, &done)
	if done.Lifted {
		t.Error("one alone has lifted it")
	}
	if a := officer.Begin("lift", subject); a.Reason() != string(directory.OwnProposal) {
		t.Errorf("the same one: %d %s", a.Status, a.Body)
	}
	dpo.Act("lift", subject, &done)
	if !done.Lifted {
		t.Error("two have not lifted it")
	}
	if a := officer.Begin("lift", subject); a.Reason() != "conflict" {
		t.Errorf("again: %d %s", a.Status, a.Body)
	}
	var view struct {
		Months int
		Holds  []struct{ Lifted string }
	}
	auditor.JSON("/registre/conservation", &view)
	if view.Months != 12 || len(view.Holds) != 1 || view.Holds[0].Lifted == "" {
		t.Errorf("%+v", view)
	}
}
