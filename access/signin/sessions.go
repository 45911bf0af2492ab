package signin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/access/signin/refusal"
)

// Ended is how a session ended.
type Ended struct {
	Session cloison.SessionID
	Account cloison.AccountID
	At      time.Time
	Reason  string // a code of the message catalogue
}

// Sessions lists the live sessions of the session's account, newest first. The caller must have used its passkey in
// this session: locations must not leak to a cookie thief.
func (s *Signin) Sessions(ctx context.Context, session Session) ([]Session, error) {
	if _, err := s.holder(ctx, session); err != nil {
		return nil, err
	}
	if session.PasskeyAt.IsZero() {
		return nil, refusal.New(cloison.Denied, refusal.PasskeyNeeded, "no passkey was used in this session")
	}
	list, err := s.store.SessionsOf(ctx, session.Account)
	now := s.now()
	return slices.DeleteFunc(list, func(other Session) bool { return s.checkDates(&other, now) != nil }), err
}

// MayEndSession returns the session of that id, or why it is not to be ended: it is not one of the account's.
func (s *Signin) MayEndSession(ctx context.Context, session Session, id cloison.SessionID) (Session, error) {
	list, err := s.Sessions(ctx, session)
	if err != nil {
		return Session{}, err
	}
	i := slices.IndexFunc(list, func(other Session) bool { return other.ID == id })
	if i < 0 {
		return Session{}, refusal.New(cloison.NotFound, refusal.SessionUnknown, "the account has no such session")
	}
	return list[i], nil
}

// EndSession ends one session of the session's account, at once and everywhere. The caller has had the passkey approve
// just that. A presence in the last minutes is needed too, so that a cookie thief cannot sign the holder out.
func (s *Signin) EndSession(ctx context.Context, session Session, id cloison.SessionID) error {
	other, err := s.MayEndSession(ctx, session, id)
	if err != nil {
		return err
	}
	if !s.presentWithin(session, removeWithin) {
		return absent()
	}
	return s.end(ctx, other, "ended_by_owner")
}

// EndOthers ends all sessions of the session's account but this one, on the same conditions, and returns how many.
func (s *Signin) EndOthers(ctx context.Context, session Session) (int, error) {
	list, err := s.Sessions(ctx, session)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, other := range list {
		if other.ID == session.ID {
			continue
		}
		if err := s.EndSession(ctx, session, other.ID); err != nil && cloison.KindOf(err) != cloison.NotFound {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

// EndedSession says how the session of the request's cookie ended. NotFound when it is live, when it expired, or when
// it was swept a day after its end. The cookie alone is enough: the answer opens nothing.
func (s *Signin) EndedSession(ctx context.Context, r *http.Request) (Ended, error) {
	o, err := s.originOf(r)
	if err != nil {
		return Ended{}, err
	}
	value, ok := cookieValue(r, o, sessionCookie)
	if !ok {
		return Ended{}, refusal.New(cloison.NotFound, refusal.SignedOut, "no cookie")
	}
	return s.store.EndedSession(ctx, digest(value))
}
