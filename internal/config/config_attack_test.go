package config

import (
	"strings"
	"testing"
)

// TestARefusedSecretIsNotRepeated: what is written on standard error is kept by whoever collects logs.
func TestARefusedSecretIsNotRepeated(t *testing.T) {
	for _, yaml := range []string{
		"federation: {client_secret: hunter2}",
		"federation:\n  client_id: a\n  client_secret: hunter2\n  trust: []\n",
		"store:\n  postgres_url: postgres://u:hunter2@h/d\n",
		"federation:\n  client_secrt: hunter2\n",
		"federation:\n  client_secret: hunter2\n  unknown: 1\n",
		"federation:\n  client_secret_fil: hunter2\nstore: [\n",
	} {
		if _, err := Parse([]byte(yaml)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", yaml, err)
		}
	}
}
