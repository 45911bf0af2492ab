package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
