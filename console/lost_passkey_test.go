package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cloison/internal/demo/network"
)

// TestANewCodeReplacesALostPasskey is somebody whose passkey is lost and not revoked, with a code of the operator's: the
// pages lead from the gesture that cannot be made to the code, and the code ends what was there before.
func TestANewCodeReplacesALostPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent := w.agent(-1, network.Officer, 0)
	before := w.enter(agent)
	code, err := w.approvals.IssueCode(w.ctx, before.account.ID, false)
	w.must(err)
	before.presence() // a code that nobody has used changes nothing

	now := w.visitor()
	now.agent = agent
	now.signIn()
	var door struct{ Next string }
	if now.json("/cloison/", &door); door.Next != "presence" {
		t.Fatalf("the door asks for %q", door.Next)
	}
	if a := now.get("/cloison/presence", "text/html"); !strings.Contains(a.body, `href="/cloison/enrolement"`) {
		t.Errorf("the page of the gesture leads to no code:\n%s", a.body)
	}
	const field = `name="code"`
	if a := now.get("/cloison/enrolement", "text/html"); !strings.Contains(a.body, field) {
		t.Fatalf("the page of the code has no form for it:\n%s", a.body)
	}
	for _, typed := range []string{"0000-0000-0000-0000", code.Reveal() + "0000"} {
		a := now.form("/cloison/enrolement", "form", "enrolment", "code", typed)
		if !strings.Contains(a.body, field) || !strings.Contains(a.body, `role="alert"`) || strings.Contains(a.body, code.Reveal()) {
			t.Errorf("a wrong code: %d\n%s", a.status, a.body)
		}
	}
	if a := now.post("/cloison/passkey/options", struct{}{}); a.reason() != "passkey_not_open" {
		t.Errorf("a passkey without a code: %d %s", a.status, a.body)
	}
	before.presence() // nor does a wrong one

	now.enrol(code.Reveal())
	now.presence()
	if !now.account.OnProbation(time.Now()) {
		t.Error("the account is not on probation")
	}
	if a := before.get("/mon-espace", "application/json"); a.status != http.StatusUnauthorized {
		t.Errorf("the old session still works: %d", a.status)
	}
	keys, err := w.db.Passkeys(w.ctx, now.account.ID)
	w.must(err)
	if len(keys) != 1 {
		t.Errorf("%d passkeys stand, want the new one alone", len(keys))
	}
	if a := now.post("/cloison/enrol", map[string]string{"code": code.Reveal()}); a.status < 400 {
		t.Errorf("the code works twice: %d", a.status)
	}
}
