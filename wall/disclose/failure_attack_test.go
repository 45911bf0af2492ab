package disclose_test

import (
	"testing"
	"time"

	"cloison/access/directory"
)

// TestGuessingCodesFillsNoDisk tries codes with an identity that has no account, for as long as the lock allows
// attempts.
func TestGuessingCodesFillsNoDisk(t *testing.T) {
	onBoth(t, func(w *world) {
		b, now := directory.Binding{IdP: "idp", Sub: "nobody"}, w.clock.Now()
		var n int
		for i := range 1200 {
			var err error
			if n, err = w.store.FailEnrolment(w.t.Context(), b, now.Add(time.Duration(i)*time.Millisecond), now.Add(-time.Hour)); err != nil {
				w.t.Fatal(err)
			}
			if n != min(i+1, 1000) {
				w.t.Fatalf("try %d is counted as %d", i+1, n)
			}
		}
		kept, err := w.store.Failures(w.t.Context(), `enrolment "idp" "nobody"`, now.Add(-time.Hour))
		if err != nil || kept != 1000 {
			w.t.Fatalf("%d tries are kept, %v", kept, err)
		}
	})
}
