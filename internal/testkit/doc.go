// Package testkit stands up the real things that tests run against, as a PostgreSQL server, and puts faults in front of
// them. Only tests import it.
//
// A short run (go test -short, make quick) leaves out every test that needs a browser or a server of others.
package testkit

import "testing"

// needs skips the test in a short run.
func needs(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("a short run: no %s", what)
	}
}
