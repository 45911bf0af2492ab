package signin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin/refusal"
)

// Enrol uses an enrolment code in the session of the request, and replaces that session by one of the account, with a
// new cookie, in which one passkey may be made. The new session ends when the first one would have.
//
// A crash after the code was used leaves an account that is bound and has no passkey: it reads nothing until it gets
// another code.
func (s *Signin) Enrol(w http.ResponseWriter, r *http.Request, e Enroller, code string) (directory.Account, error) {
	session, err := s.Session(r.Context(), r)
	if err != nil {
		return directory.Account{}, err
	}
	if session.Moved {
		return directory.Account{}, refusal.New(cloison.Denied, refusal.SignedOut, "the session was opened elsewhere: sign in here")
	}
	account, err := e.Enrol(r.Context(), code, session.Binding, session.ID)
	if err != nil {
		return account, enrolmentRefused(err)
	}
	s.cache.forget(func(c Session) bool { return c.Account == account.ID || c.ID == session.ID })
	token, err := s.open(r, Session{Account: account.ID, Binding: session.Binding, IDToken: session.IDToken,
		Acr: session.Acr, Amr: session.Amr, Auth: session.Auth, Expires: session.Expires})
	if err != nil {
		return account, err
	}
	opened, err := s.store.Session(r.Context(), digest(token.Reveal()))
	if err != nil {
		return account, err
	}
	if err := s.allowPasskey(r.Context(), opened); err != nil {
		return account, err
	}
	o, err := s.originOf(r)
	if err != nil {
		return account, err
	}
	s.endCookie(r, o, "enrolled")
	setCookie(w, o, sessionCookie, token.Reveal(), 0)
	return account, nil
}

// enrolmentRefused gives the errors of an enrolment their reasons; the Denied ones have them.
func enrolmentRefused(err error) error {
	switch cloison.KindOf(err) {
	case cloison.NotFound:
		return refusal.New(cloison.Denied, refusal.CodeUnknown, "%w", err)
	case cloison.Invalid:
		return refusal.New(cloison.Invalid, refusal.CodeMalformed, "%w", err)
	case cloison.Conflict:
		return refusal.New(cloison.Conflict, refusal.CodeUsed, "%w", err)
	}
	return err
}

// allowPasskey permits one new passkey in the session. The permit is an act without subject under the session's number;
// its challenge is set when the browser asks for options.
func (s *Signin) allowPasskey(ctx context.Context, session Session) error {
	now := s.now()
	_, err := s.store.TakeAct(ctx, cloison.ActID(session.ID), session.ID) // one at a time
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	return s.store.AddAct(ctx, Act{ID: cloison.ActID(session.ID), Session: session.ID, Account: session.Account,
		Verb: makePasskey, Subject: json.RawMessage("{}"), Challenge: []byte{}, Made: now, Expires: now.Add(permitLife)}, maxActs)
}

// takePermit takes the session's permit for a new passkey. The caller puts it back when none was made.
func (s *Signin) takePermit(ctx context.Context, session Session) (Act, error) {
	act, err := s.store.TakeAct(ctx, cloison.ActID(session.ID), session.ID)
	now := s.now()
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return act, err
	case err != nil, act.Verb != makePasskey, act.Account != session.Account, now.Before(act.Made.Add(-leeway)),
		!now.Before(act.Expires):
		return act, refusal.New(cloison.Denied, refusal.PasskeyNotOpen, "neither a code nor another passkey permits one in this session")
	}
	return act, nil
}

// BeginPasskey returns the options of navigator.credentials.create. In this session, and from where the request comes,
// an enrolment code must have been used or an existing passkey must have approved AddPasskey, in the last fifteen
// minutes.
func (s *Signin) BeginPasskey(ctx context.Context, session Session) (json.RawMessage, error) {
	account, keys, err := s.passkeyMaker(ctx, session)
	if err != nil {
		return nil, err
	}
	act, err := s.takePermit(ctx, session)
	if err != nil {
		return nil, err
	}
	act.Challenge = make([]byte, 32)
	rand.Read(act.Challenge) // never fails: crypto/rand ends the program instead
	if err := s.store.AddAct(ctx, act, maxActs); err != nil {
		return nil, err
	}
	return s.passkeys.Creation(account, credentials(keys), act.Challenge)
}

// FinishPasskey takes the browser's answer and keeps the new passkey under that name. After a wrong answer the permit
// stays; a right one ends it.
func (s *Signin) FinishPasskey(ctx context.Context, session Session, name string, answer []byte) (Passkey, error) {
	account, _, err := s.passkeyMaker(ctx, session)
	if err != nil {
		return Passkey{}, err
	}
	act, err := s.takePermit(ctx, session)
	if err != nil {
		return Passkey{}, err
	}
	made, err := s.passkeys.Created(account, act.Challenge, answer)
	if err != nil {
		act.Challenge = []byte{}
		if back := s.store.AddAct(ctx, act, maxActs); back != nil {
			return Passkey{}, back
		}
		return Passkey{}, err
	}
	key := Passkey{ID: made.ID, Account: account.ID, Name: PasskeyName(name), Credential: made.Record, Counter: made.Counter,
		Made: s.now(), MadeIn: session.ID}
	if err := s.store.AddPasskey(ctx, key); err != nil {
		if cloison.KindOf(err) == cloison.Stale {
			return Passkey{}, refusal.New(cloison.Denied, refusal.NotActive, "the account was suspended meanwhile: %w", err)
		}
		return Passkey{}, err
	}
	s.record(ctx, session, "passkey.enrolled", nil)
	return key, nil
}

// passkeyMaker returns the account that may make a passkey in the session, as far as the number of its passkeys and its
// place go, and its passkeys.
func (s *Signin) passkeyMaker(ctx context.Context, session Session) (directory.Account, []Passkey, error) {
	account, err := s.holder(ctx, session)
	if err != nil {
		return account, nil, err
	}
	if session.Moved {
		return account, nil, refusal.New(cloison.Denied, refusal.PasskeyNotOpen, "the session was opened in another network or browser")
	}
	keys, err := s.store.Passkeys(ctx, account.ID)
	if err != nil {
		return account, nil, err
	}
	if len(keys) >= maxKeys {
		return account, nil, refusal.New(cloison.Conflict, refusal.PasskeysFull, "the account has %d passkeys: remove one first", len(keys))
	}
	return account, keys, nil
}
