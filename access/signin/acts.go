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
	"cloison/access/signin/passkey"
	"cloison/access/signin/refusal"
)

// Verb names what an act does: 1 to 32 small letters and underscores. The console adds others to these; the challenge
// of one verb is worth nothing for another.
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
	AddPasskey Verb = "add_passkey" // allows another passkey in this session
	Presence   Verb = "presence"    // the holder is there: renews the presence lease

	makePasskey Verb = "grant" // internal and stored: one passkey may be made in this session
)

func (v Verb) check() error {
	odd := func(c byte) bool { return c != '_' && (c < 'a' || c > 'z') }
	if slices.ContainsFunc([]byte(v), odd) || len(v) == 0 || len(v) > 32 || v == makePasskey {
		return cloison.Errorf(cloison.Invalid, "verb %q: want 1 to 32 small letters and underscores", refusal.Clip(string(v)))
	}
	return nil
}

const maxSubject = 64 << 10 // bytes

// Act is something that a passkey approves: its challenge is bound to the verb and the subject, so that an assertion
// made for one act is worth nothing for another.
type Act struct {
	ID        cloison.ActID
	Session   cloison.SessionID
	Account   cloison.AccountID
	Verb      Verb
	Subject   json.RawMessage // canonical JSON of what is done to what
	Challenge []byte          // a nonce of 32 bytes, then the challenge: see challengeOf
	Made      time.Time
	Expires   time.Time

	// What FinishAct adds. Stores neither keep nor return them.
	Passkey []byte         // the credential that approved
	Token   cloison.Secret // of a presence or an AddPasskey: the session's new token, for SetToken; the old one is dead
}

// BeginAct prepares an act of the session for its passkey's approval and returns the options of
// navigator.credentials.get. The subject is a value that encodes to JSON; the passkey signs its canonical form (RFC
// 8785).
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
	account, keys, err := s.signer(ctx, session)
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
	options, err := s.passkeys.Request(account, keys, challenge[:])
	if err != nil {
		return 0, nil, err
	}
	return act.ID, options, s.store.AddAct(ctx, act, maxActs)
}

// FinishAct takes the passkey's answer and returns the act that it approves: the caller does what Act.Verb and
// Act.Subject say, not what the request says. The first answer, right or wrong, uses the act up. Presence and
// AddPasskey also renew the session's lease and its PasskeyAt and give it a new token.
//
// The session is read again from the store, so that a session that ended on another replica approves nothing.
func (s *Signin) FinishAct(ctx context.Context, session Session, id cloison.ActID, assertion []byte) (Act, error) {
	live, err := s.store.Session(ctx, session.Token)
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound, err == nil && live.ID != session.ID:
		return Act{}, signedOut("the session is over")
	case err != nil:
		return Act{}, err
	}
	if err := s.checkDates(&live, s.now()); err != nil {
		return Act{}, err
	}
	live.Moved, live.Network, live.UserAgent, live.Device = session.Moved, session.Network, session.UserAgent, session.Device
	account, keys, err := s.signer(ctx, live)
	if err != nil {
		return Act{}, err
	}
	act, err := s.takeAct(ctx, id, live)
	if err != nil {
		return Act{}, err
	}
	challenge := challengeOf([32]byte(act.Challenge[:32]), act)
	if subtle.ConstantTimeCompare(challenge[:], act.Challenge[32:]) != 1 {
		return Act{}, cloison.Errorf(cloison.Internal, "act %s: verb or subject changed in the store", act.ID)
	}
	used, err := s.passkeys.Asserted(account, keys, challenge[:], assertion)
	if err != nil {
		return Act{}, s.countFailure(ctx, live, err)
	}
	if err := s.recordUse(ctx, live, used); err != nil {
		return Act{}, err
	}
	act.Passkey = used.Passkey
	switch act.Verb {
	case Presence:
		act.Token, err = s.renewPresence(ctx, live, used.Passkey)
	case AddPasskey: // with a new token, so that a cookie copied earlier makes no passkey
		if act.Token, err = s.renewPresence(ctx, live, used.Passkey); err == nil {
			err = s.allowPasskey(ctx, live)
		}
	}
	return act, err
}

// signer returns the account of a session and the passkeys that may approve in it.
func (s *Signin) signer(ctx context.Context, session Session) (directory.Account, []passkey.Credential, error) {
	account, err := s.holder(ctx, session)
	if err != nil {
		return account, nil, err
	}
	failures, err := s.store.Failures(ctx, tryKey(session), s.now().Add(-tryWindow))
	if err != nil {
		return account, nil, err
	}
	if failures >= maxTries {
		return account, nil, refusal.New(cloison.Denied, refusal.Locked, "%d attempts failed in this session", failures)
	}
	keys, err := s.store.Passkeys(ctx, account.ID)
	if err != nil {
		return account, nil, err
	}
	cloned := len(keys)
	keys = slices.DeleteFunc(keys, func(k Passkey) bool { return k.Cloned })
	switch cloned -= len(keys); {
	case len(keys) == 0 && cloned > 0:
		return account, nil, refusal.New(cloison.Denied, refusal.PasskeyCloned, "a copy of every passkey of the account is in use")
	case len(keys) == 0:
		return account, nil, refusal.New(cloison.Denied, refusal.PasskeyNone, "the account has no passkey")
	}
	return account, credentials(keys), nil
}

// holder returns the session's account, which must be active.
func (s *Signin) holder(ctx context.Context, session Session) (directory.Account, error) {
	if session.Account == 0 {
		return directory.Account{}, refusal.New(cloison.Denied, refusal.NoAccount, "the session has no account")
	}
	a, err := s.directory.Account(ctx, session.Account)
	if err != nil {
		return a, err
	}
	if a.State != directory.Active {
		return a, refusal.New(cloison.Denied, refusal.NotActive, "the account is %s", a.State)
	}
	return a, nil
}

// takeAct uses the act up, and checks its account and its dates.
func (s *Signin) takeAct(ctx context.Context, id cloison.ActID, session Session) (Act, error) {
	act, err := s.store.TakeAct(ctx, id, session.ID)
	now := s.now()
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound:
		return act, refusal.New(cloison.NotFound, refusal.ActUnknown, "the session has no such act under way: %w", err)
	case err != nil:
		return act, err
	case act.Verb == makePasskey, act.Session != session.ID, act.Account != session.Account:
		return act, refusal.New(cloison.NotFound, refusal.ActUnknown, "the act is of another account or session")
	case now.Before(act.Made.Add(-leeway)):
		return act, refusal.New(cloison.Unavailable, refusal.ClockBack, "the act began in the future: the clock went back")
	case !now.Before(act.Expires):
		return act, refusal.New(cloison.Denied, refusal.ActExpired, "the act began more than %s ago", actLife)
	case len(act.Challenge) != 64:
		return act, cloison.Errorf(cloison.Internal, "act %s: challenge of %d bytes, want 64", act.ID, len(act.Challenge))
	}
	return act, nil
}

// countFailure counts a failed assertion of the session and returns why it failed.
func (s *Signin) countFailure(ctx context.Context, session Session, why error) error {
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

// tryKey counts by session: a cookie thief locks that cookie, and not the account.
func tryKey(session Session) string { return "assertion:" + session.ID.String() }

// recordUse records the use of a passkey. If its counter says that a copy is in use, all sessions of the account end,
// because a thief has the key or its copy.
func (s *Signin) recordUse(ctx context.Context, session Session, u passkey.Use) error {
	now := s.now()
	err := s.store.UsePasskey(ctx, u.Passkey, u.Counter, u.Flags, now)
	if err == nil || cloison.KindOf(err) != cloison.Conflict {
		return err
	}
	s.record(ctx, session, "passkey.cloned", nil)
	_, revoked := s.store.Revoke(ctx, session.Account, 0, "passkey_cloned", now)
	s.cache.forget(func(c Session) bool { return c.Account == session.Account })
	if revoked != nil {
		return revoked
	}
	return refusal.New(cloison.Denied, refusal.PasskeyCloned, "%w", err)
}

// renewPresence renews the lease, then the session with its passkey, place and a new token. A crash between the two
// leaves a lease that a passkey did prove, under the old token.
func (s *Signin) renewPresence(ctx context.Context, session Session, key []byte) (cloison.Secret, error) {
	if err := s.store.RenewPresence(ctx, session.ID, s.settings.Presence); err != nil {
		return "", sessionOver(err)
	}
	token, old := secret(), session.Token
	session.Token, session.Passkey, session.PasskeyAt = digest(token), key, s.now()
	if session.LastSeen.Before(session.PasskeyAt) {
		session.LastSeen = session.PasskeyAt
	}
	err := s.store.UpdateSession(ctx, session)
	s.cache.forget(func(c Session) bool { return c.ID == session.ID || c.Token == old })
	if err != nil {
		return "", sessionOver(err)
	}
	if session.Moved {
		s.record(ctx, session, "session.moved", s.placeDetail(ctx, session, map[string]string{}))
	}
	s.provedAt(ctx, session)
	return cloison.Secret(token), nil
}

// sessionOver reads the store's NotFound as the end of the session.
func sessionOver(err error) error {
	if cloison.KindOf(err) == cloison.NotFound {
		return signedOut("the session is over")
	}
	return err
}

// challengeOf is SHA-256 over a name for this use, the nonce, the act, the session, the account, the verb and the
// subject, each of a fixed or a written length.
func challengeOf(nonce [32]byte, a Act) [32]byte {
	b := []byte("cloison act v1\n")
	b = append(b, nonce[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(a.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(a.Session))
	b = binary.BigEndian.AppendUint64(b, uint64(a.Account))
	b = append(append(b, byte(len(a.Verb))), a.Verb...)
	return sha256.Sum256(append(b, a.Subject...))
}

// canonicalJSON encodes a subject by RFC 8785, but leaves integers as they are: rounding would give two subjects one
// challenge.
func canonicalJSON(subject any) (json.RawMessage, error) {
	b, err := json.Marshal(subject)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "encoding the subject of an act: %w", err)
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "the canonical form of an act's subject: %w", err)
	}
	if len(v) > maxSubject {
		return nil, cloison.Errorf(cloison.Invalid, "the subject of an act has %d bytes: at most %d", len(v), maxSubject)
	}
	return json.RawMessage(v), nil
}

// presentWithin reports whether the passkey was used in this session, from where it is now, at most d ago.
func (s *Signin) presentWithin(session Session, d time.Duration) bool {
	age := s.now().Sub(session.PasskeyAt)
	return !session.PasskeyAt.IsZero() && age >= 0 && age <= d
}
