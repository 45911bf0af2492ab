package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMailConfig(t *testing.T) {
	for _, c := range []struct{ block, wrong string }{
		{"", ""},
		{"host: relais.example\n  from: cloison@reseau.example", ""},
		{"host: localhost\n  from: cloison@reseau.example\n  starttls: none", ""},
		{"host: relais.example\n  from: cloison@reseau.example\n  starttls: none", "must speak TLS"},
		{"host: relais.example\n  from: cloison@reseau.example\n  starttls: maybe", "starttls"},
		{"host: relais.example", "sender"},
		{"host: relais.example\n  from: Cloison <cloison@reseau.example>", "sender"},
		{"from: cloison@reseau.example", "which relay"},
		{"host: relais.example\n  from: cloison@reseau.example\n  user_file: u", "come together"},
		{"host: relais.example\n  from: cloison@reseau.example\n  password: hunter2", "password_file"},
		{"host: relais.example\n  from: cloison@reseau.example\n  language: de", "language"},
	} {
		yaml := ""
		if c.block != "" {
			yaml = "mail:\n  " + c.block + "\n"
		}
		_, err := Parse([]byte(yaml))
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%q: %v, want %q", c.block, err, c.wrong)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error quotes the secret: %v", err)
		}
	}
}

// TestCheckLooksAtTheMailsSecrets: without a relay it warns, and a secret that others can read is refused.
func TestCheckLooksAtTheMailsSecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if code, _, errs := run(t, "--config", write("none.yaml", "timezone: Europe/Paris\n", 0o600), "check"); code != 0 ||
		!strings.Contains(errs, "mail.host names no relay") {
		t.Errorf("exit %d: %s", code, errs)
	}
	write("user", "cloison", 0o600)
	write("password", "hunter2", 0o644)
	config := write("mail.yaml", "mail:\n  host: relais.example\n  from: cloison@reseau.example\n  user_file: user\n  password_file: password\n", 0o600)
	if code, out, errs := run(t, "--config", config, "check"); code == 0 || !strings.Contains(errs, "can be read by others") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if err := os.Chmod(filepath.Join(dir, "password"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := run(t, "--config", config, "check"); code != 0 || strings.Contains(out+errs, "hunter2") || strings.Contains(errs, "warning") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}
