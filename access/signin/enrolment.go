package signin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"

	"cloison"
	"cloison/access/directory"
)

// Enrol uses an enrolment code in the session of the request, and replaces that session by one of the account, with a
// new cookie, in which one passkey may be made. The federation's session does not become longer by it.
//
// A crash after the code was used leaves an account that is bound and has no passkey: it reads nothing until it gets
// another code.
func (s *Signin) Enrol(w http.ResponseWriter, r *http.Request, e Enroller, code string) (directory.Account, error) {
	session, err := s.Session(r.Context(), r)
	if err != nil {
		return directory.Account{}, err
	}
	if session.Moved {
		return directory.Account{}, refuse(cloison.Denied, SignedOut, "the session was opened elsewhere: sign in here")
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

// enrolmentRefused gives the directory's errors their reasons; its Denied ones have them.
func enrolmentRefused(err error) error {
	switch cloison.KindOf(err) {
	case cloison.NotFound:
		return refuse(cloison.Denied, CodeUnknown, "%w", err)
	case cloison.Invalid:
		return refuse(cloison.Invalid, CodeMalformed, "%w", err)
	case cloison.Conflict:
		return refuse(cloison.Conflict, CodeUsed, "%w", err)
	}
	return err
}

// allowPasskey grants the session one new passkey. The grant is an act without subject that bears the session's number;
// its challenge is set when the browser asks for options.
func (s *Signin) allowPasskey(ctx context.Context, session Session) error {
	now := s.now()
	_, err := s.store.TakeAct(ctx, cloison.ActID(session.ID), session.ID) // one at a time
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	return s.store.AddAct(ctx, Act{ID: cloison.ActID(session.ID), Session: session.ID, Account: session.Account,
		Verb: grant, Subject: json.RawMessage("{}"), Challenge: []byte{}, Made: now, Expires: now.Add(grantLife)}, maxActs)
}

// takeGrant takes the session's grant of a new passkey. Put it back if none was made.
func (s *Signin) takeGrant(ctx context.Context, session Session) (Act, error) {
	act, err := s.store.TakeAct(ctx, cloison.ActID(session.ID), session.ID)
	now := s.now()
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return act, err
	case err != nil, act.Verb != grant, act.Account != session.Account, now.Before(act.Made.Add(-leeway)),
		!now.Before(act.Expires):
		return act, refuse(cloison.Denied, PasskeyNotOpen, "neither a code nor another passkey allowed one in this session")
	}
	return act, nil
}

// BeginPasskey returns the options of navigator.credentials.create. The session must have been opened with an enrolment
// code, or an existing passkey must have approved AddPasskey in it, a quarter of an hour ago at most, and from where
// the request comes.
func (s *Signin) BeginPasskey(ctx context.Context, session Session) (json.RawMessage, error) {
	account, keys, err := s.enroller(ctx, session)
	if err != nil {
		return nil, err
	}
	act, err := s.takeGrant(ctx, session)
	if err != nil {
		return nil, err
	}
	act.Challenge = make([]byte, 32)
	rand.Read(act.Challenge) // never fails: crypto/rand ends the program instead
	if err := s.store.AddAct(ctx, act, maxActs); err != nil {
		return nil, err
	}
	return s.passkeys.creation(account, keys, act.Challenge)
}

// FinishPasskey takes the browser's answer and keeps the new passkey under that name. A wrong answer may be tried
// again; a right one ends the grant.
func (s *Signin) FinishPasskey(ctx context.Context, session Session, name string, answer []byte) (Passkey, error) {
	account, _, err := s.enroller(ctx, session)
	if err != nil {
		return Passkey{}, err
	}
	act, err := s.takeGrant(ctx, session)
	if err != nil {
		return Passkey{}, err
	}
	key, err := s.passkeys.created(account, act.Challenge, answer)
	if err != nil {
		act.Challenge = []byte{}
		if back := s.store.AddAct(ctx, act, maxActs); back != nil {
			return Passkey{}, back
		}
		return Passkey{}, err
	}
	key.Name, key.Made, key.MadeIn = PasskeyName(name), s.now(), session.ID
	if err := s.store.AddPasskey(ctx, key); err != nil {
		if cloison.KindOf(err) == cloison.Stale {
			return Passkey{}, refuse(cloison.Denied, NotActive, "the account was suspended meanwhile: %w", err)
		}
		return Passkey{}, err
	}
	s.record(ctx, session, "passkey.enrolled", nil)
	return key, nil
}

// enroller returns the account that may make a passkey in the session, as far as its number and its place go.
func (s *Signin) enroller(ctx context.Context, session Session) (directory.Account, []Passkey, error) {
	account, err := s.holder(ctx, session)
	if err != nil {
		return account, nil, err
	}
	if session.Moved {
		return account, nil, refuse(cloison.Denied, PasskeyNotOpen, "the session was opened in another network or browser")
	}
	keys, err := s.store.Passkeys(ctx, account.ID)
	if err != nil {
		return account, nil, err
	}
	if len(keys) >= maxKeys {
		return account, nil, refuse(cloison.Conflict, PasskeysFull, "the account has %d passkeys: remove one first", len(keys))
	}
	return account, keys, nil
}
