package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cloison"
	"cloison/access/directory"
)

// Verb names what an act does: 1 to 32 small letters and underscores. These are design.md's, and the console may have
// others; the challenge of one is worth nothing for another.
type Verb string

const (
	Propose    Verb = "propose"
	Approve    Verb = "approve"
	Refuse     Verb = "refuse"
	Suspend    Verb = "suspend"
	Contain    Verb = "contain"
	Undo       Verb = "undo"
	Export     Verb = "export"
	BreakGlass Verb = "break_glass"
	AddPasskey Verb = "add_passkey" // opens the making of another passkey, in this session
	Presence   Verb = "presence"    // somebody is there: renews the presence lease
	grant      Verb = "grant"       // internal: a passkey may be made in this session
)

func (v Verb) check() error {
	odd := func(c byte) bool { return c != '_' && (c < 'a' || c > 'z') }
	if slices.ContainsFunc([]byte(v), odd) || len(v) == 0 || len(v) > 32 || v == grant {
		return cloison.Errorf(cloison.Invalid, "%q is no verb: want small letters and underscores", clip(string(v)))
	}
	return nil
}

const maxSubject = 64 << 10

// BeginAct prepares an act of the session for its passkey's approval and returns the options of
// navigator.credentials.get. The subject is whatever the act is about, as a value that encodes to JSON; the passkey
// signs its canonical form (RFC 8785).
func (s *Signin) BeginAct(ctx context.Context, session Session, verb Verb, subject any) (
	cloison.ActID, json.RawMessage, error,
) {
	if err := verb.check(); err != nil {
		return 0, nil, err
	}
	canonical, err := canonicalJSON(subject)
	if err != nil {
		return 0, nil, err
	}
	account, keys, err := s.actor(ctx, session)
	if err != nil {
		return 0, nil, err
	}
	now := s.now()
	act := Act{ID: cloison.NewActID(), Session: session.ID, Account: account.ID, Verb: verb, Subject: canonical,
		Made: now, Expires: now.Add(actLife)}
	var nonce [32]byte
	rand.Read(nonce[:]) // never fails: crypto/rand ends the program instead
	challenge := challengeOf(nonce, act)
	act.Challenge = append(nonce[:], challenge[:]...)
	options, err := s.passkeys.request(account, keys, challenge[:])
	if err != nil {
		return 0, nil, err
	}
	return act.ID, options, s.store.AddAct(ctx, act, maxActs)
}

// FinishAct takes the passkey's answer and returns the act that it approves: do what Act.Verb and Act.Subject say, not
// what the request says. An act is used up by its first answer, right or wrong. A Presence, and AddPasskey, also renew
// the session's lease and its PasskeyAt and give it a new token.
//
// The session is read again from the store, so that one that was ended anywhere approves nothing.
func (s *Signin) FinishAct(ctx context.Context, session Session, id cloison.ActID, assertion []byte) (Act, error) {
	live, err := s.store.Session(ctx, session.Token)
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound, err == nil && live.ID != session.ID:
		return Act{}, signedOut("the session is over")
	case err != nil:
		return Act{}, err
	}
	if err := s.alive(&live, s.now()); err != nil {
		return Act{}, err
	}
	live.Moved, live.Network, live.UserAgent, live.Device = session.Moved, session.Network, session.UserAgent, session.Device
	account, keys, err := s.actor(ctx, live)
	if err != nil {
		return Act{}, err
	}
	act, err := s.takeAct(ctx, id, live)
	if err != nil {
		return Act{}, err
	}
	challenge := challengeOf([32]byte(act.Challenge[:32]), act)
	if subtle.ConstantTimeCompare(challenge[:], act.Challenge[32:]) != 1 {
		return Act{}, cloison.Errorf(cloison.Internal, "act %s: its verb or subject changed in the store", act.ID)
	}
	used, err := s.passkeys.asserted(account, keys, challenge[:], assertion)
	if err != nil {
		return Act{}, s.failed(ctx, live, err)
	}
	if err := s.use(ctx, live, used); err != nil {
		return Act{}, err
	}
	act.Passkey = used.passkey
	switch act.Verb {
	case Presence:
		act.Token, err = s.present(ctx, live, used.passkey)
	case AddPasskey: // with a new token too: a cookie that was copied before makes no passkey
		if act.Token, err = s.present(ctx, live, used.passkey); err == nil {
			err = s.allowPasskey(ctx, live)
		}
	}
	return act, err
}

// actor returns the account of a session and the passkeys that may approve in it.
func (s *Signin) actor(ctx context.Context, session Session) (directory.Account, []Passkey, error) {
	account, err := s.holder(ctx, session)
	if err != nil {
		return account, nil, err
	}
	failures, err := s.store.Failures(ctx, tryKey(session), s.now().Add(-tryWindow))
	if err != nil {
		return account, nil, err
	}
	if failures >= maxTries {
		return account, nil, refuse(cloison.Denied, Locked, "%d attempts failed in this session", failures)
	}
	keys, err := s.store.Passkeys(ctx, account.ID)
	if err != nil {
		return account, nil, err
	}
	cloned := len(keys)
	keys = slices.DeleteFunc(keys, func(k Passkey) bool { return k.Cloned })
	switch cloned -= len(keys); {
	case len(keys) == 0 && cloned > 0:
		return account, nil, refuse(cloison.Denied, PasskeyCloned, "a copy of every passkey of the account is in use")
	case len(keys) == 0:
		return account, nil, refuse(cloison.Denied, PasskeyNone, "the account has no passkey")
	}
	return account, keys, nil
}

// holder returns the session's account, which must be there and active.
func (s *Signin) holder(ctx context.Context, session Session) (directory.Account, error) {
	if session.Account == 0 {
		return directory.Account{}, refuse(cloison.Denied, NoAccount, "the session has no account")
	}
	a, err := s.directory.Account(ctx, session.Account)
	if err != nil {
		return a, err
	}
	if a.State != directory.Active {
		return a, refuse(cloison.Denied, NotActive, "the account is %s", a.State)
	}
	return a, nil
}

// takeAct uses the act up and checks whose and when it was.
func (s *Signin) takeAct(ctx context.Context, id cloison.ActID, session Session) (Act, error) {
	act, err := s.store.TakeAct(ctx, id, session.ID)
	now := s.now()
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound:
		return act, refuse(cloison.NotFound, ActUnknown, "the session has no such act under way: %w", err)
	case err != nil:
		return act, err
	case act.Verb == grant, act.Session != session.ID, act.Account != session.Account:
		return act, refuse(cloison.NotFound, ActUnknown, "the act is another account's")
	case now.Before(act.Made.Add(-leeway)):
		return act, refuse(cloison.Unavailable, ClockBack, "the act began in the future: the clock went back")
	case !now.Before(act.Expires):
		return act, refuse(cloison.Denied, ActExpired, "the act began more than %s ago", actLife)
	case len(act.Challenge) != 64:
		return act, cloison.Errorf(cloison.Internal, "act %s: its challenge has %d bytes, want 64", act.ID, len(act.Challenge))
	}
	return act, nil
}

// failed counts a failed assertion of the session and returns why it failed.
func (s *Signin) failed(ctx context.Context, session Session, why error) error {
	now := s.now()
	n, err := s.store.Fail(ctx, tryKey(session), now, now.Add(-tryWindow))
	if err != nil {
		return err
	}
	if n == maxTries {
		s.record(ctx, session, "passkey.locked", nil)
	}
	return why
}

// tryKey counts by session: somebody with a stolen cookie locks that cookie, and not its owner.
func tryKey(session Session) string { return "assertion:" + session.ID.String() }

// use records the use of a passkey. If its counter says that a copy is in use, all sessions of the account end: one of
// the two holders is a thief.
func (s *Signin) use(ctx context.Context, session Session, u use) error {
	now := s.now()
	err := s.store.UsePasskey(ctx, u.passkey, u.counter, u.flags, now)
	if err == nil || cloison.KindOf(err) != cloison.Conflict {
		return err
	}
	s.record(ctx, session, "passkey.cloned", nil)
	_, revoked := s.store.Revoke(ctx, session.Account, 0, "passkey_cloned", now)
	s.cache.forget(func(c Session) bool { return c.Account == session.Account })
	if revoked != nil {
		return revoked
	}
	return refuse(cloison.Denied, PasskeyCloned, "%w", err)
}

// present renews what a presence opens: the lease, then the session with its passkey, place and a new token. A crash
// between the two leaves a lease for which a passkey was shown, under the old token.
func (s *Signin) present(ctx context.Context, session Session, passkey []byte) (cloison.Secret, error) {
	if err := s.store.RenewPresence(ctx, session.ID, s.settings.Presence); err != nil {
		return "", over(err)
	}
	token, old := secret(), session.Token
	session.Token, session.Passkey, session.PasskeyAt = digest(token), passkey, s.now()
	if session.LastSeen.Before(session.PasskeyAt) {
		session.LastSeen = session.PasskeyAt
	}
	err := s.store.UpdateSession(ctx, session)
	s.cache.forget(func(c Session) bool { return c.ID == session.ID || c.Token == old })
	if err != nil {
		return "", over(err)
	}
	if session.Moved {
		s.record(ctx, session, "session.moved", s.placed(ctx, session, map[string]string{}))
	}
	s.provedAt(ctx, session)
	return cloison.Secret(token), nil
}

// over says that a session which the store does not have any more is over.
func over(err error) error {
	if cloison.KindOf(err) == cloison.NotFound {
		return signedOut("the session is over")
	}
	return err
}

// challengeOf is SHA-256 over a name for this use, the nonce, for whom, the verb and the subject, each of a fixed or a
// written length.
func challengeOf(nonce [32]byte, a Act) [32]byte {
	b := []byte("cloison act v1\n")
	b = append(b, nonce[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(a.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(a.Session))
	b = binary.BigEndian.AppendUint64(b, uint64(a.Account))
	b = append(append(b, byte(len(a.Verb))), a.Verb...)
	return sha256.Sum256(append(b, a.Subject...))
}

// canonicalJSON encodes a subject by RFC 8785, but with integers as they are: rounding them would give two subjects one
// challenge.
func canonicalJSON(subject any) (json.RawMessage, error) {
	b, err := json.Marshal(subject)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "the subject of an act does not encode to JSON: %w", err)
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "the subject of an act has no canonical form: %w", err)
	}
	if len(v) > maxSubject {
		return nil, cloison.Errorf(cloison.Invalid, "the subject of an act has %d bytes: at most %d", len(v), maxSubject)
	}
	return json.RawMessage(v), nil
}

// presentWithin reports whether the passkey was shown in this session, from where it is now, at most d ago.
func (s *Signin) presentWithin(session Session, d time.Duration) bool {
	age := s.now().Sub(session.PasskeyAt)
	return !session.PasskeyAt.IsZero() && age >= 0 && age <= d
}
