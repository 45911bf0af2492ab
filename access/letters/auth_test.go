package letters_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cloison"
	"cloison/access/letters"
	"cloison/internal/testkit"
)

// TestARelayThatAsksForANameAndAPassword authenticates to an independent server by each method that relays have; a
// wrong password sends nothing and counts against no letter.
func TestARelayThatAsksForANameAndAPassword(t *testing.T) {
	dir := testkit.NPM(t, "relay", os.DirFS("testdata/relay"))
	certs := t.TempDir()
	cert, key := filepath.Join(certs, "cert.pem"), filepath.Join(certs, "key.pem")
	trust := testkit.SelfSigned(t, cert, key)
	for _, methods := range []string{"PLAIN", "LOGIN", "CRAM-MD5,LOGIN", "PLAIN,LOGIN"} {
		t.Run(methods, func(t *testing.T) {
			node := exec.CommandContext(t.Context(), "node", "server.mjs", cert, key, methods, "cloison", "mot de passe")
			node.Dir, node.Stderr = dir, os.Stderr
			stdin, err := node.StdinPipe()
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
			t.Cleanup(func() { stdin.Close(); node.Wait() }) // it was told to end
			lines := bufio.NewReader(stdout)
			first, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			port, err := strconv.Atoi(strings.TrimSpace(first))
			if err != nil {
				t.Fatal(err)
			}
			w := open(t)
			w.post(w.letter("a", "alice@ml.example"))
			relay := func(password cloison.Secret) *letters.Relay {
				return w.relay(letters.RelaySettings{Host: "localhost", Port: port, TLS: trust, User: "cloison", Password: password})
			}
			if err := w.newStage(relay("wrong"), letters.Settings{}).Send(t.Context()); err == nil || strings.Contains(err.Error(), "wrong") {
				t.Errorf("a wrong password: %v", err)
			}
			if l := w.outbox()[0]; l.State != letters.Unsent || l.Tries != 0 || l.Reply != "535" {
				t.Errorf("after a wrong password: %+v", l)
			}
			w.Clock.Set(w.outbox()[0].Due)
			if err := w.newStage(relay("mot de passe"), letters.Settings{}).Send(t.Context()); err != nil {
				t.Fatal(err)
			}
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				User   string
				Secure bool
				Text   string
			}
			if err := json.Unmarshal([]byte(line), &got); err != nil || got.User != "cloison" || !got.Secure {
				t.Errorf("it took %s, %v", line, err)
			}
			if _, body := read(t, got.Text); body != w.letter("a", "x").Body.Reveal() {
				t.Errorf("the text came as %q", body)
			}
			if l := w.outbox()[0]; l.State != letters.Sent {
				t.Errorf("the letter is %s", l.State)
			}
		})
	}
}
