package storetest

import (
	"net/netip"
	"slices"
	"sync/atomic"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/incident/contain"
)

func states(w *world) {
	w.keeps(func() { w.ok(w.SpendState(w.ctx, [32]byte{1, 255}, hours(1))) })
	w.is(cloison.Conflict, w.SpendState(w.ctx, [32]byte{1, 255}, hours(2)))
	w.is(cloison.Conflict, w.replica().SpendState(w.ctx, [32]byte{1, 255}, hours(2)))
	w.ok(w.SpendState(w.ctx, [32]byte{1, 254}, hours(1)))
}

func places(w *world) {
	here, there := netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/48")
	for _, c := range []struct {
		account cloison.AccountID
		network netip.Prefix
		agent   string
		known   bool
	}{
		{1, here, "a", false}, {1, here, "a", true}, {1, there, "a", false}, {1, here, "b", false}, {2, here, "a", false},
		{1, netip.Prefix{}, "a", false}, {1, netip.Prefix{}, "a", true}, {1, there, "a", true},
	} {
		same(w, "known", first(w.SeenAt(w.ctx, c.account, c.network, c.agent, noon())), c.known)
	}
}

// unseen is a Conflict when the account was seen before.
func unseen(w *world, db All, id cloison.AccountID) error {
	known, err := db.SeenAt(w.ctx, id, netip.MustParsePrefix("192.0.2.0/24"), "a", noon())
	if err == nil && known {
		err = cloison.Errorf(cloison.Conflict, "seen before")
	}
	return err
}

func over(w *world) {
	a := w.account("a")
	live, left, cut := w.session(a.ID, 1), w.session(a.ID, 1), w.session(w.account("b").ID, 1)
	ids := []cloison.SessionID{live.ID, left.ID, cut.ID, 99}
	same(w, "over before anything ended", first(w.Over(w.ctx, ids)), []cloison.SessionID{99})
	same(w, "over, of none", len(first(w.Over(w.ctx, nil))), 0)
	w.is(cloison.NotFound, second(w.EndedSession(w.ctx, left.Token)))
	w.raises(func() { w.ok(second(w.Revoke(w.ctx, a.ID, left.ID, "left", hours(1)))) })
	w.raises(func() {
		w.cut(contain.Cut{ID: 1, Accounts: []cloison.AccountID{cut.Account}, At: hours(2), Reason: "hijack"})
	})
	gone := first(w.replica().Over(w.ctx, ids))
	slices.Sort(gone)
	want := []cloison.SessionID{left.ID, cut.ID, 99}
	slices.Sort(want)
	same(w, "over", gone, want)
	same(w, "how it ended", first(w.EndedSession(w.ctx, left.Token)), signin.Ended{Session: left.ID, Account: a.ID, At: hours(1), Reason: "left"})
	same(w, "how the cut one ended", first(w.EndedSession(w.ctx, cut.Token)),
		signin.Ended{Session: cut.ID, Account: cut.Account, At: hours(2), Reason: "hijack"})
	w.is(cloison.NotFound, second(w.EndedSession(w.ctx, live.Token)))
	w.is(cloison.NotFound, second(w.EndedSession(w.ctx, [32]byte{9})))
}

func noPasskey(w *world) {
	for i, state := range []directory.State{directory.Suspended, directory.Closed, directory.Pending} {
		a := w.account(state.String())
		a.State = state
		w.ok(w.UpdateAccount(w.ctx, a))
		w.is(cloison.Stale, w.AddPasskey(w.ctx, signin.Passkey{ID: []byte{byte(i)}, Account: a.ID, Credential: []byte("{}"), Made: noon()}))
		same(w, "passkeys", len(first(w.Passkeys(w.ctx, a.ID))), 0)
	}
	w.is(cloison.Stale, w.AddPasskey(w.ctx, signin.Passkey{ID: []byte{9}, Account: 999, Credential: []byte("{}"), Made: noon()}))
}

func actsKept(w *world) {
	add := func(id cloison.ActID, session cloison.SessionID, at int) {
		w.ok(w.AddAct(w.ctx, signin.Act{ID: id, Session: session, Verb: "v", Subject: []byte("{}"), Challenge: []byte{1}, Made: hours(at),
			Expires: hours(9)}, 3))
	}
	add(90, 2, -1)
	for i := range 5 {
		add(cloison.ActID(10+i), 1, i)
	}
	add(1, 1, 0) // with the oldest time of all, and stays: it was just begun
	for id, kept := range map[cloison.ActID]bool{1: true, 10: false, 11: false, 12: false, 13: true, 14: true} {
		if _, err := w.TakeAct(w.ctx, id, 1); (err == nil) != kept {
			w.Errorf("act %d: %v, want it kept: %v", id, err, kept)
		}
	}
	w.ok(second(w.TakeAct(w.ctx, 90, 2)))
}

func raceRemovals(w *world) {
	a := w.account("claire")
	for i := range workers {
		w.ok(w.AddPasskey(w.ctx, signin.Passkey{ID: []byte{byte(i)}, Account: a.ID, Credential: []byte("{}")}))
	}
	same(w, "removals", w.winners(func(i int, db All) error { return db.RevokePasskey(w.ctx, a.ID, []byte{byte(i)}, noon()) },
		cloison.Conflict), workers-1)
	same(w, "passkeys left", len(first(w.Passkeys(w.ctx, a.ID))), 1)
}

// racePasskey: once a cut has committed, no passkey of its account does.
func racePasskey(w *world) {
	a := w.account("claire")
	var cut atomic.Bool
	w.race(func(i int, db All) {
		if i == 0 {
			w.cut(contain.Cut{ID: 1, Accounts: []cloison.AccountID{a.ID}, At: noon()})
			cut.Store(true)
			return
		}
		for n := 0; ; n++ {
			late := cut.Load()
			err := db.AddPasskey(w.ctx, signin.Passkey{ID: []byte{byte(i), byte(n), byte(n >> 8)}, Account: a.ID, Credential: []byte("{}")})
			switch {
			case err == nil && late:
				w.Error("a passkey was made after the cut")
				return
			case err != nil && cloison.KindOf(err) != cloison.Stale:
				w.Error(err)
				return
			case err != nil:
				return
			}
		}
	})
}
