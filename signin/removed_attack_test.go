package signin_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"cloison/internal/softkey"
	"cloison/signin"
)

// TestARemovedPasskeyLeavesNoSessionBehind removes a lost key while whoever found it is in a session of its own.
func TestARemovedPasskeyLeavesNoSessionBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.present("mail")
	lost := owner.key
	w.want(owner.act(signin.AddPasskey), http.StatusOK, "")
	owner.key = softkey.New()
	w.clock.add(time.Second)
	w.want(owner.register("Clé de secours"), http.StatusOK, "")
	finder := w.browser().in("mail")
	finder.key = lost
	w.want(finder.act(signin.Presence), http.StatusOK, "")
	w.clock.add(2 * time.Second)
	w.want(owner.act(signin.Presence), http.StatusOK, "") // with the second

	var keys []struct{ ID, Name string }
	w.must(json.Unmarshal([]byte(owner.get("/cloison/passkeys").body), &keys))
	w.must(owner.removes(keys[0].ID))
	w.want(finder.get("/cloison/session"), http.StatusUnauthorized, signin.SignedOut)
	w.want(owner.get("/cloison/session"), http.StatusOK, "")
}
