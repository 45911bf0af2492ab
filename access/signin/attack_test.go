package signin_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/fakes/softkey"
)

// TestARemovedPasskeyLeavesNoSessionBehind removes a lost key while its finder is in a session of its own.
func TestARemovedPasskeyLeavesNoSessionBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.present("mail")
	lost := owner.key
	w.want(owner.act(signin.AddPasskey), http.StatusOK, "")
	owner.key = softkey.New()
	w.Clock.Add(time.Second)
	w.want(owner.register("Clé de secours"), http.StatusOK, "")
	finder := w.browser().in("mail")
	finder.key = lost
	w.want(finder.act(signin.Presence), http.StatusOK, "")
	w.Clock.Add(2 * time.Second)
	w.want(owner.act(signin.Presence), http.StatusOK, "") // with the second

	var keys []struct{ ID, Name string }
	w.Must(json.Unmarshal([]byte(owner.get("/cloison/passkeys").body), &keys))
	w.Must(owner.removes(keys[0].ID))
	w.want(finder.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)
	w.want(owner.get("/cloison/session"), http.StatusOK, "")
}

// TestAPlaceIsEarnedByAPasskey: a thief who signs in by the federation alone, with a stolen password and mailbox, and
// waits, is no more at home there than on the first day, be it after a second sign-in or in the session that moved
// there: what they then ask for with the passkey comes from a strange place, for a week.
func TestAPlaceIsEarnedByAPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.present("mail")
	asked := func(b *browser) approval.Proposal {
		t.Helper()
		id := cloison.NewActID()
		p := approval.Proposal{ID: id, Kind: approval.NewAccount, Structure: "ML1", Name: "N", Email: cloison.Personal(id.String() + "@ml.example"),
			Roles: directory.Adviser, By: w.Who["mail"].ID, Made: w.Now(), Session: w.live(b).ID, State: approval.Open}
		w.Must(w.DB.AddProposal(w.Ctx, p, p.Made, 99, 99))
		p, err := w.DB.Proposal(w.Ctx, id)
		w.Must(err)
		return p
	}
	thief := w.browser()
	thief.address, thief.agent = "203.0.113.77", "Voleur/1"
	thief.in("mail")
	w.Clock.Add(10 * 24 * time.Hour)
	thief.in("mail")
	thief.key = owner.key
	if p := asked(thief); !p.Unfamiliar() || p.From.Network == "" {
		t.Errorf("without the passkey it is known there: %+v", p.From)
	}
	w.want(thief.act(signin.Presence), http.StatusOK, "")
	if p := asked(thief); !p.Unfamiliar() || !p.From.Since.Equal(w.Now()) {
		t.Errorf("with the passkey, at once: %+v", p.From)
	}
	if p := asked(owner.in("mail")); p.Unfamiliar() {
		t.Errorf("the owner is a stranger at home: %+v", p.From)
	}
	w.Clock.Add(8 * 24 * time.Hour)
	if p := asked(thief.in("mail")); p.Unfamiliar() {
		t.Errorf("a week after the passkey: %+v", p.From)
	}
}
