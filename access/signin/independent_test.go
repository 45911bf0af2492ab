package signin_test

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/signin/refusal"
	"cloison/internal/testkit"
	"cloison/rules/policy"
)

// TestIndependentProvider signs in by an OpenID provider with which Cloison shares no code: npm's oidc-provider, on
// which ProConnect itself is built.
func TestIndependentProvider(t *testing.T) {
	t.Parallel()
	program := filepath.Join(testkit.NPM(t, "oidcprovider", os.DirFS(filepath.Join("testdata", "oidcprovider"))), "server.mjs")
	for _, alg := range []string{"ES256", "RS256"} {
		t.Run(alg, func(t *testing.T) {
			w := newWorld(t)
			w.Clock.Set(time.Now())
			w.issuer = startProvider(t, program, w.origin+"/cloison/callback", alg)
			w.start()
			signInIndependently(w)
		})
	}
}

func signInIndependently(w *world) {
	w.Helper()
	a := w.Who["strong"]
	for _, test := range []struct {
		name, sub, email, idp, acr, amr string
		reason                          refusal.Reason
		account                         cloison.AccountID
		assurance                       policy.Assurance
	}{
		{"a key", a.Binding.Sub, email("strong"), strongIdP, "eidas2", "pwd hwk mfa", "", a.ID, policy.PhishingResistant},
		{"a key and a mail", a.Binding.Sub, email("strong"), strongIdP, "eidas1-mfa", "pwd hwk mail", "", a.ID, policy.Weak},
		{"a code", a.Binding.Sub, email("strong"), strongIdP, "eidas2", "pwd otp mfa", "", a.ID, policy.Weak},
		{"the same sub elsewhere", a.Binding.Sub, "x@ml.example", mailIdP, "eidas2", "pwd pop", "", 0, policy.Weak},
		{"the same e-mail elsewhere", "other", email("strong"), mailIdP, "eidas2", "pwd pop", refusal.OtherSubject, 0, ""},
		{"nothing but mail", a.Binding.Sub, email("strong"), strongIdP, "eidas1-mfa", "mail mfa", refusal.FactorMailOnly, 0, ""},
	} {
		b := w.browser()
		p := b.fill(b.get("/cloison/signin?return=/cloison/session"), "account", test.sub, "email", test.email, "idp_id", test.idp,
			"acr", test.acr, "amr", test.amr)
		if p.reason() != test.reason {
			w.Errorf("%s: %d %s", test.name, p.status, p.body)
		}
		shown := b.shown()
		switch {
		case (shown == nil) != (test.reason != ""):
			w.Errorf("%s: a session %+v", test.name, shown)
		case shown != nil && (shown.Account != test.account || shown.Assurance != test.assurance):
			w.Errorf("%s: %+v, want account %s, %s", test.name, shown, test.account, test.assurance)
		}
	}
	b := w.browser()
	p := b.fill(b.get("/cloison/signin"), "account", "x", "error", "access_denied")
	w.want(p, http.StatusForbidden, refusal.FactorTooWeak)

	b = w.browser()
	b.fill(b.get("/cloison/signin"), "account", a.Binding.Sub, "email", email("strong"), "idp_id", strongIdP, "acr", "eidas3", "amr", "hwk")
	out := b.send(http.MethodPost, "/cloison/signout", struct{}{})
	if _, after, ok := strings.Cut(out.body, w.issuer); !ok || !strings.Contains(after, "id_token_hint=") || b.shown() != nil {
		w.Errorf("signing out: %d %s", out.status, out.body)
	}
	if live, err := w.DB.SessionsOf(w.Ctx, a.ID); err != nil || len(live) != 3 {
		w.Errorf("%d sessions live, %v", len(live), err)
	}
}

// startProvider starts it and returns its issuer. It ends with the test.
func startProvider(t *testing.T, program, callback, alg string) string {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", program, callback, clientKey, alg)
	node.Env = append(os.Environ(), "NODE_NO_WARNINGS=1")
	var stderr bytes.Buffer
	node.Stderr = &stderr
	stdin, err := node.StdinPipe() // it ends when this closes, however we end
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		node.Wait() // it was told to end
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider says nothing: %v\n%s", err, stderr.String())
	}
	return strings.TrimSpace(line)
}
