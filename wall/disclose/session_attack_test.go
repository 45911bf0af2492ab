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
		t := w.TB
		who, first, second := w.adviser(1), w.adviser(2), w.adviser(3)
		fence, err := w.DB.Fence(t.Context())
		w.Must(err)
		cut := contain.Cut{ID: cloison.NewActID(), Root: who.Account, Accounts: []cloison.AccountID{who.Account}, At: w.Clock.Now(), Since: w.Clock.Now(), Fence: fence}
		_, err = w.DB.Cut(t.Context(), cut)
		w.Must(err)
		s := signin.Session{ID: cloison.NewSessionID(), Account: who.Account, Binding: directory.Binding{IdP: "idp", Sub: "sub-1"}, Token: [32]byte{1},
			Opened: w.Clock.Now(), LastSeen: w.Clock.Now(), Expires: w.Clock.Now().Add(4 * time.Hour)}
		if err := w.DB.AddSession(t.Context(), s, 20); cloison.KindOf(err) != cloison.Stale || err == nil {
			t.Errorf("the session is stored: %v", err)
		}
		w.Must(w.DB.AskUndo(t.Context(), cut.ID, first.Account, w.Clock.Now()))
		w.Must(w.DB.Undo(t.Context(), cut.ID, second.Account, w.Clock.Now()))
		if live, err := w.DB.SessionsOf(t.Context(), who.Account); err != nil || len(live) != 0 {
			t.Fatalf("%d sessions wake with the account, %v", len(live), err)
		}
	})
}
