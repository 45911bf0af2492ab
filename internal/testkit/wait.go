package testkit

import (
	"testing"
	"time"
)

// Patience is how long a test waits for something before it takes it for what never happens. A machine that does other
// work beside needs more than an idle one, and nothing that a test shows depends on it.
const Patience = 5 * time.Minute

// Until waits until done, and says what is wrong when it gives up.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(Patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("after %v: %s", Patience, what)
		}
	}
}
