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
		b, now := directory.Binding{IdP: "idp", Sub: "nobody"}, w.Clock.Now()
		var n int
		for i := range 1200 {
			var err error
			if n, err = w.DB.FailEnrolment(w.Ctx, b, now.Add(time.Duration(i)*time.Millisecond), now.Add(-time.Hour)); err != nil {
				w.Fatal(err)
			}
			if n != min(i+1, 1000) {
				w.Fatalf("try %d is counted as %d", i+1, n)
			}
		}
		kept, err := w.DB.Failures(w.Ctx, `enrolment "idp" "nobody"`, now.Add(-time.Hour))
		if err != nil || kept != 1000 {
			w.Fatalf("%d tries are kept, %v", kept, err)
		}
	})
}
