package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloison"
)

func TestConfigRefuses(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"an unknown key":             {"consol: {listen: 127.0.0.1:1}", `did you mean "console"?`},
		"an unknown inner key":       {"policy: {account_per_dya: 3}", `did you mean "account_per_day"?`},
		"a secret in clear":          {"federation: {client_secret: hunter2}", "client_secret_file"},
		"a database password":        {"store: {postgres_url: 'postgres://u:p@h/d'}", "postgres_url_file"},
		"two engines":                {"store: {sqlite: a.db, postgres_url_file: b}", "name one engine"},
		"plain http on the network":  {"console: {url: 'http://cloison.example'}", "must be https"},
		"an issuer without a client": {"federation: {issuer: 'https://idp.example'}", "client_id and client_secret_file: required"},
		"a zone that is not one":     {"timezone: Europe/Lutece", "Europe/Paris"},
		"a tool without address":     {"tools: [{name: a, url: 'https://a.example', upstream: 'http://127.0.0.1:1'}]", `tools["a"].listen: required`},
		"two tools of one name": {"tools: [{name: a, listen: ':1', url: 'https://a.example', upstream: 'http://127.0.0.1:1'}, " +
			"{name: a, listen: ':2', url: 'https://b.example', upstream: 'http://127.0.0.1:1'}]", "used twice"},
		"no YAML":      {"\t{", ""},
		"a wrong kind": {"policy: {presence: many}", ""},
	} {
		if _, err := Parse([]byte(c.yaml)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		} else if strings.Contains(err.Error(), "hunter2") && name != "a secret in clear" {
			t.Errorf("%s: the error shows the secret", name)
		}
	}
}

func TestEmptyConfigIsSafe(t *testing.T) {
	c, err := Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	caps := c.PolicySettings().Bound.Caps
	if c.Policy.ManualContainment || caps.AccountPerDay != 60 || caps.ProbationPerDay != 20 || caps.LineagePerDay != 60 || caps.PresencePersons != 20 {
		t.Fatalf("%+v", caps)
	}
	if c.Console.Listen != "127.0.0.1:8080" || c.Store.SQLite != "cloison.db" {
		t.Fatalf("%+v", c)
	}
}

func TestSecretsAreForTheirOwnerAlone(t *testing.T) {
	c := &Config{dir: t.TempDir()}
	file := filepath.Join(c.dir, "s")
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false} {
		if err := os.WriteFile(file, []byte(" hunter2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		s, err := c.Secret("s")
		if ok != (err == nil) || ok && s.Reveal() != "hunter2" {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "chmod 600") || cloison.KindOf(err) != cloison.Invalid) {
			t.Errorf("mode %o: %v says no way out", mode, err)
		}
		os.Remove(file)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte("console: {listen: 127.0.0.1:1}\npolicy: {presence: 3}\n"))
	f.Add([]byte("tools: [{name: a, routes: [{match: GET /}]}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := Parse(b); err == nil && c.PolicySettings().Bound.Caps.AccountPerDay == 0 {
			t.Fatal("a config that admits nobody by accident")
		}
	})
}
