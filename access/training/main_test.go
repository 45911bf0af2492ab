package training_test

import (
	"os"
	"testing"

	"cloison/internal/testkit"
)

// TestMain asks for fewer draws than rapid's hundred, each of which is a whole course on a real store; -rapid.checks
// and CLOISON_LONG decide.
func TestMain(m *testing.M) {
	if os.Getenv("CLOISON_LONG") == "" {
		testkit.Draws(25)
	}
	m.Run()
}
