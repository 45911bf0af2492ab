package storetest

import (
	"net/netip"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/wall/disclose"
)

func signinTests() []test {
	return []test{
		{"a state is spent once", states},
		{"a place is new once", places},
		{"a session that is over says so, and how", over},
		{"a session comes back as it was stored", sessionRoundTrip},
		{"a session is updated once per version", sessionVersions},
		{"a touch only moves forward", touch},
		{"a session is revoked at once with its lease", revoke},
		{"all sessions of an account are revoked", revokeAll},
		{"a renewed lease makes older decisions stale", renew},
		{"passkeys come back until they are revoked", passkeys},
		{"an account that is not active gets no passkey", noPasskey},
		{"a counter that does not grow marks a copy", cloned},
		{"an act is taken once and by its session only", acts},
		{"a session keeps its newest acts", actsKept},
		{"failures are counted per key", failures},
		{"a sweep drops what ended before", sweep},
	}
}

func sessionRoundTrip(w *world) {
	s := signin.Session{ID: 7, Token: [32]byte{1, 255}, Account: 8, Binding: directory.Binding{IdP: "i", Sub: "s"},
		IDToken: "header.body.sig", Acr: "eidas1-mfa", Amr: []string{"pwd", "mail"}, Auth: hours(-1), PasskeyAt: hours(1),
		Passkey: []byte{0, 1, 2}, Network: netip.MustParsePrefix("192.0.2.0/24"), UserAgent: "ua", Device: "firefox linux", Opened: noon(),
		LastSeen: noon(), Expires: hours(4), Version: 1}
	bare := signin.Session{ID: 9, Token: [32]byte{2}, Account: 8, Opened: hours(1), Version: 1}
	w.ok(w.AddSession(w.ctx, s, 20))
	w.ok(w.AddSession(w.ctx, bare, 0))
	same(w, "session", first(w.Session(w.ctx, s.Token)), s)
	same(w, "bare session", first(w.Session(w.ctx, bare.Token)), bare)
	same(w, "sessions, newest first", first(w.SessionsOf(w.ctx, 8)), []signin.Session{bare, s})
	w.is(cloison.Conflict, w.AddSession(w.ctx, s, 20))
	w.is(cloison.NotFound, second(w.Session(w.ctx, [32]byte{9})))
	s.Token, s.PasskeyAt, s.Passkey, s.Network = [32]byte{3}, hours(2), []byte{9}, netip.MustParsePrefix("2001:db8::/48")
	s.Account, s.Binding.Sub, s.IDToken, s.Amr, s.Expires = 10, "t", "other", []string{"hwk"}, hours(3)
	w.ok(w.UpdateSession(w.ctx, s))
	s.Version++
	same(w, "updated session", first(w.Session(w.ctx, s.Token)), s)
	w.is(cloison.NotFound, second(w.Session(w.ctx, [32]byte{1, 255}))) // the old token is worth nothing
}

func sessionVersions(w *world) {
	s := w.session(1, 20)
	w.ok(w.UpdateSession(w.ctx, s))
	w.is(cloison.Stale, w.UpdateSession(w.ctx, s))
	_, err := w.Revoke(w.ctx, 1, s.ID, "left", noon())
	w.ok(err)
	s.Version++
	w.is(cloison.NotFound, w.UpdateSession(w.ctx, s))
	w.is(cloison.NotFound, second(w.Session(w.ctx, s.Token)))
}

func touch(w *world) {
	s := w.session(1, 20)
	for _, c := range []struct{ at, want time.Time }{{hours(1), hours(1)}, {noon(), hours(1)}, {hours(2), hours(2)}} {
		w.ok(w.TouchSession(w.ctx, s.ID, c.at))
		same(w, "last seen", first(w.Session(w.ctx, s.Token)).LastSeen, c.want)
	}
	_, err := w.Revoke(w.ctx, 1, s.ID, "left", hours(2))
	w.ok(err)
	w.ok(w.TouchSession(w.ctx, s.ID, hours(3)))
	w.is(cloison.NotFound, second(w.Session(w.ctx, s.Token)))
}

// lease reads a session's lease; version -1 when it is over.
func (w *world) lease(id cloison.SessionID) disclose.Counter {
	w.Helper()
	c, err := w.Tallies(w.ctx, []disclose.Counted{disclose.CountedSession(id)})
	w.ok(err)
	return c[0]
}

func revoke(w *world) {
	s, other := w.session(1, 20), w.session(1, 15)
	same(w, "lease", w.lease(s.ID).Tally.Left, 20)
	w.keeps(func() {
		n, err := w.Revoke(w.ctx, 2, s.ID, "not theirs", noon())
		w.ok(err)
		same(w, "sessions of another account ended", n, 0)
	})
	w.raises(func() {
		n, err := w.Revoke(w.ctx, 1, s.ID, "left", noon())
		w.ok(err)
		same(w, "sessions ended", n, 1)
	})
	same(w, "version of a lease that is over", w.lease(s.ID).Version, -1)
	w.is(cloison.NotFound, w.RenewPresence(w.ctx, s.ID, 20))
	w.is(cloison.NotFound, second(w.Session(w.ctx, s.Token)))
	same(w, "the other lease", w.lease(other.ID).Tally.Left, 15)
	n, err := w.Revoke(w.ctx, 1, s.ID, "again", noon())
	w.ok(err)
	same(w, "sessions ended twice", n, 0)
}

func revokeAll(w *world) {
	for range 3 {
		w.session(1, 20)
	}
	other := w.session(2, 20)
	w.raises(func() {
		n, err := w.Revoke(w.ctx, 1, 0, "suspended", noon())
		w.ok(err)
		same(w, "sessions ended", n, 3)
	})
	same(w, "sessions left", len(first(w.SessionsOf(w.ctx, 1))), 0)
	same(w, "sessions of another", first(w.SessionsOf(w.ctx, 2)), []signin.Session{other})
}

func renew(w *world) {
	s := w.session(1, 3)
	old := w.lease(s.ID)
	w.ok(w.RenewPresence(w.ctx, s.ID, 20))
	now := w.lease(s.ID)
	same(w, "lease", now.Tally.Left, 20)
	old.Tally.Left = 0
	w.is(cloison.Stale, w.commit(noon(), nil, old))
	now.Tally.Left = 19
	w.ok(w.commit(noon(), nil, now))
	same(w, "lease after a commit", w.lease(s.ID).Tally.Left, 19)
}

func passkeys(w *world) {
	a, b := w.account("a"), w.account("b")
	p := signin.Passkey{ID: []byte{1, 0, 2}, Account: a.ID, Name: "clé", Credential: []byte(`{"id":"AQAC"}`), Counter: 4,
		Made: noon(), MadeIn: 3, LastUsed: hours(1)}
	q := signin.Passkey{ID: []byte{9}, Account: a.ID, Name: "autre", Credential: []byte(`{}`), Made: hours(1)}
	w.ok(w.AddPasskey(w.ctx, q))
	w.ok(w.AddPasskey(w.ctx, p))
	w.is(cloison.Conflict, w.AddPasskey(w.ctx, p))
	same(w, "passkeys", first(w.Passkeys(w.ctx, a.ID)), []signin.Passkey{p, q})
	w.is(cloison.NotFound, w.RenamePasskey(w.ctx, b.ID, p.ID, "theirs"))
	w.ok(w.RenamePasskey(w.ctx, a.ID, p.ID, "l’autre"))
	p.Name = "l’autre"
	same(w, "passkeys after one got a name", first(w.Passkeys(w.ctx, a.ID)), []signin.Passkey{p, q})
	w.is(cloison.NotFound, w.RevokePasskey(w.ctx, b.ID, p.ID, noon()))
	w.ok(w.RevokePasskey(w.ctx, a.ID, p.ID, noon()))
	w.is(cloison.NotFound, w.RevokePasskey(w.ctx, a.ID, p.ID, noon()))
	w.is(cloison.NotFound, w.RenamePasskey(w.ctx, a.ID, p.ID, "encore"))
	same(w, "passkeys left", first(w.Passkeys(w.ctx, a.ID)), []signin.Passkey{q})
	w.is(cloison.NotFound, w.UsePasskey(w.ctx, p.ID, 9, 0, noon()))
	w.is(cloison.Conflict, w.RevokePasskey(w.ctx, a.ID, q.ID, noon()))
	same(w, "the last passkey", first(w.Passkeys(w.ctx, a.ID)), []signin.Passkey{q})
}

func cloned(w *world) {
	a := w.account("a")
	w.ok(w.AddPasskey(w.ctx, signin.Passkey{ID: []byte("k"), Account: a.ID, Credential: []byte("{}"), Made: noon()}))
	use := func(counter uint32) error { return w.UsePasskey(w.ctx, []byte("k"), counter, 5, hours(1)) }
	key := func() signin.Passkey { return first(w.Passkeys(w.ctx, a.ID))[0] }
	w.ok(use(0)) // authenticators without a counter always say zero
	w.ok(use(0))
	w.ok(use(1))
	w.ok(use(7))
	same(w, "last use", key().LastUsed, hours(1))
	w.is(cloison.Conflict, use(7))
	if k := key(); !k.Cloned || k.Counter != 7 {
		w.Errorf("cloned %v, counter %d: want it marked, at 7", k.Cloned, k.Counter)
	}
	w.is(cloison.Conflict, use(0))
}

func acts(w *world) {
	a := signin.Act{ID: 1, Session: 2, Account: 3, Verb: "contain", Subject: []byte(`{"account":"a0","since":1}`),
		Challenge: []byte{0, 255}, Made: noon(), Expires: hours(1)}
	w.ok(w.AddAct(w.ctx, a, 9))
	w.is(cloison.Conflict, w.AddAct(w.ctx, a, 9))
	w.is(cloison.NotFound, second(w.TakeAct(w.ctx, 1, 99)))
	got, err := w.TakeAct(w.ctx, 1, 2)
	w.ok(err)
	same(w, "act", got, a)
	w.is(cloison.NotFound, second(w.TakeAct(w.ctx, 1, 2)))
}

func failures(w *world) {
	for i, want := range []int{1, 2, 2} {
		n, err := w.All.Fail(w.ctx, "k", hours(i), hours(i-1))
		w.ok(err)
		same(w, "failures", n, want)
	}
	same(w, "failures of all time", first(w.Failures(w.ctx, "k", time.Time{})), 3)
	same(w, "failures of another", first(w.Failures(w.ctx, "l", time.Time{})), 0)
}

func sweep(w *world) {
	old, alive, revoked := w.session(1, 9), w.session(1, 9), w.session(2, 9)
	old.Expires, alive.Expires, revoked.Expires = hours(1), hours(9), hours(9)
	w.ok(w.UpdateSession(w.ctx, old))
	w.ok(w.UpdateSession(w.ctx, alive))
	w.ok(w.UpdateSession(w.ctx, revoked))
	_, err := w.Revoke(w.ctx, 2, 0, "left", hours(1))
	w.ok(err)
	w.ok(w.SpendState(w.ctx, [32]byte{1}, hours(1)))
	w.ok(w.SpendState(w.ctx, [32]byte{2}, hours(3)))
	w.ok(second(w.SeenAt(w.ctx, 1, netip.Prefix{}, "old", hours(0).AddDate(-1, 0, 0))))
	w.ok(second(w.SeenAt(w.ctx, 1, netip.Prefix{}, "young", hours(3).AddDate(-1, 0, 0))))
	w.ok(w.AddAct(w.ctx, signin.Act{ID: 1, Session: 2, Subject: []byte("{}"), Challenge: []byte{1}, Expires: hours(1)}, 9))
	_, err = w.All.Fail(w.ctx, "k", hours(1), noon())
	w.ok(err)
	w.ok(w.AddAct(w.ctx, signin.Act{ID: 3, Session: 2, Subject: []byte("{}"), Challenge: []byte{1}, Expires: hours(26)}, 9)) // given up
	w.ok(w.AddAct(w.ctx, signin.Act{ID: 4, Session: 2, Subject: []byte("{}"), Challenge: []byte{1}, Expires: hours(27)}, 9))
	w.ok(w.Sweep(w.ctx, hours(2), hours(26).Add(time.Millisecond)))
	w.is(cloison.NotFound, second(w.TakeAct(w.ctx, 3, 2)))
	w.ok(second(w.TakeAct(w.ctx, 4, 2)))
	w.is(cloison.NotFound, second(w.Session(w.ctx, old.Token)))
	same(w, "lease of an expired session", w.lease(old.ID).Version, -1)
	same(w, "lease of a live session", w.lease(alive.ID).Tally.Left, 9)
	w.ok(w.SpendState(w.ctx, [32]byte{1}, hours(9))) // forgotten: it is out of date by itself
	w.is(cloison.Conflict, w.SpendState(w.ctx, [32]byte{2}, hours(9)))
	same(w, "an old place is known", first(w.SeenAt(w.ctx, 1, netip.Prefix{}, "old", hours(3))), false)
	same(w, "a place of this year is known", first(w.SeenAt(w.ctx, 1, netip.Prefix{}, "young", hours(3))), true)
	w.is(cloison.NotFound, second(w.TakeAct(w.ctx, 1, 2)))
	same(w, "failures", first(w.Failures(w.ctx, "k", noon())), 0)
}
