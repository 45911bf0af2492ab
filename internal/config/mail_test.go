package config

import (
	"strings"
	"testing"
)

func TestMailConfig(t *testing.T) {
	for _, c := range []struct{ block, wrong string }{
		{"", ""},
		{"host: relais.example\n  from: cloison@reseau.example", ""},
		{"host: localhost\n  from: cloison@reseau.example\n  starttls: none", ""},
		{"host: relais.example\n  from: cloison@reseau.example\n  starttls: none", "TLS is required"},
		{"host: relais.example\n  from: cloison@reseau.example\n  starttls: maybe", "starttls"},
		{"host: relais.example", "sender"},
		{"host: relais.example\n  from: Cloison <cloison@reseau.example>", "sender"},
		{"from: cloison@reseau.example", "host: required"},
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
