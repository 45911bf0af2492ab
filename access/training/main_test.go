package training_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain asks for fewer draws than rapid's hundred, each of which is a whole course on a real store; -rapid.checks
// and CLOISON_LONG decide.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue && os.Getenv("CLOISON_LONG") == "" {
		if err := flag.Set("rapid.checks", "25"); err != nil {
			panic(err)
		}
	}
	m.Run()
}
