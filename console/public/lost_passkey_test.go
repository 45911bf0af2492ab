package public_test

import (
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestANewCodeReplacesALostPasskey is somebody whose passkey is lost and not revoked, with a code of the operator's: the
// pages lead from the gesture that cannot be made to the code, and the code ends what was there before.
func TestANewCodeReplacesALostPasskey(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	agent := w.Agent(-1, network.Officer, 0)
	before := w.Enter(agent)
	code, err := w.Approvals.IssueCode(w.Ctx, before.Account.ID, false)
	w.Must(err)
	before.Presence() // a code that nobody has used changes nothing

	now := w.Visitor()
	now.Agent = agent
	now.SignIn()
	var door struct{ Next string }
	if now.JSON("/cloison/", &door); door.Next != "presence" {
		t.Fatalf("the door asks for %q", door.Next)
	}
	if a := now.Get("/cloison/presence", "text/html"); !strings.Contains(a.Body, `href="/cloison/enrolement"`) {
		t.Errorf("the page of the gesture leads to no code:\n%s", a.Body)
	}
	const field = `name="code"`
	if a := now.Get("/cloison/enrolement", "text/html"); !strings.Contains(a.Body, field) {
		t.Fatalf("the page of the code has no form for it:\n%s", a.Body)
	}
	for _, typed := range []string{"0000-0000-0000-0000", code.Reveal() + "0000"} {
		a := now.Form("/cloison/enrolement", "form", "enrolment", "code", typed)
		if !strings.Contains(a.Body, field) || !strings.Contains(a.Body, `role="alert"`) || strings.Contains(a.Body, code.Reveal()) {
			t.Errorf("a wrong code: %d\n%s", a.Status, a.Body)
		}
	}
	if a := now.Post("/cloison/passkey/options", struct{}{}); a.Reason() != "passkey_not_open" {
		t.Errorf("a passkey without a code: %d %s", a.Status, a.Body)
	}
	before.Presence() // nor does a wrong one

	now.Enrol(code.Reveal())
	now.Presence()
	if !now.Account.OnProbation(time.Now()) {
		t.Error("the account is not on probation")
	}
	if a := before.Get("/mon-espace", "application/json"); a.Status != http.StatusUnauthorized {
		t.Errorf("the old session still works: %d", a.Status)
	}
	keys, err := w.DB.Passkeys(w.Ctx, now.Account.ID)
	w.Must(err)
	if len(keys) != 1 {
		t.Errorf("%d passkeys stand, want the new one alone", len(keys))
	}
	if a := now.Post("/cloison/enrol", map[string]string{"code": code.Reveal()}); a.Status < 400 {
		t.Errorf("the code works twice: %d", a.Status)
	}
}
