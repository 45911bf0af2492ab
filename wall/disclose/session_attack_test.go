package disclose_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/incident/contain"
)

// TestASignInUnderWayDoesNotOutliveTheCut opens a session of an account that was active when the sign-in read it, and
// is cut since. An undo would give the session back.
func TestASignInUnderWayDoesNotOutliveTheCut(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.t
		who, first, second := w.adviser(1), w.adviser(2), w.adviser(3)
		fence, err := w.store.Fence(t.Context())
		w.must(nil, err)
		cut := contain.Cut{ID: cloison.NewActID(), Root: who.Account, Accounts: []cloison.AccountID{who.Account}, At: w.clock.Now(), Since: w.clock.Now(), Fence: fence}
		_, err = w.store.Cut(t.Context(), cut)
		w.must(nil, err)
		s := signin.Session{ID: cloison.NewSessionID(), Account: who.Account, Binding: directory.Binding{IdP: "idp", Sub: "sub-1"}, Token: [32]byte{1},
			Opened: w.clock.Now(), LastSeen: w.clock.Now(), Expires: w.clock.Now().Add(4 * time.Hour)}
		if err := w.store.AddSession(t.Context(), s, 20); cloison.KindOf(err) != cloison.Stale || err == nil {
			t.Errorf("the session is stored: %v", err)
		}
		w.must(nil, w.store.AskUndo(t.Context(), cut.ID, first.Account, w.clock.Now()))
		w.must(nil, w.store.Undo(t.Context(), cut.ID, second.Account, w.clock.Now()))
		if live, err := w.store.SessionsOf(t.Context(), who.Account); err != nil || len(live) != 0 {
			t.Fatalf("%d sessions wake with the account, %v", len(live), err)
		}
	})
}
