package signin

import (
	"context"
	"net/http"
	"slices"

	"cloison"
)

// Sessions lists the live sessions of the session's account, newest first, to whom has shown the passkey in this one:
// from where somebody works is nothing for who holds a cookie alone.
func (s *Signin) Sessions(ctx context.Context, session Session) ([]Session, error) {
	if _, err := s.holder(ctx, session); err != nil {
		return nil, err
	}
	if session.PasskeyAt.IsZero() {
		return nil, refuse(cloison.Denied, PasskeyNeeded, "no passkey was shown in this session")
	}
	list, err := s.store.SessionsOf(ctx, session.Account)
	now := s.now()
	return slices.DeleteFunc(list, func(other Session) bool { return s.alive(&other, now) != nil }), err
}

// EndSession ends one session of the session's account, at once and everywhere. Have the passkey approve just that;
// beside it, it needs a presence in the last minutes: with a stolen cookie nobody is put out. NotFound for the sessions
// of others.
func (s *Signin) EndSession(ctx context.Context, session Session, id cloison.SessionID) error {
	list, err := s.Sessions(ctx, session)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(other Session) bool { return other.ID == id })
	switch {
	case at < 0:
		return refuse(cloison.NotFound, SessionUnknown, "the account has no such session")
	case !s.presentWithin(session, removeWithin):
		return refuse(cloison.Denied, PasskeyNeeded, "no passkey was shown in this session in the last %s", removeWithin)
	}
	return s.end(ctx, list[at], "ended_by_owner")
}

// EndOthers ends all sessions of the session's account but this one, under the same terms, and returns how many.
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

// EndedSession says how the session of the request's cookie ended. NotFound when it is live, when it only ran out, or
// when it was swept a day after its end. Its owner is told why, whoever holds the cookie; it opens nothing.
func (s *Signin) EndedSession(ctx context.Context, r *http.Request) (Ended, error) {
	o, err := s.originOf(r)
	if err != nil {
		return Ended{}, err
	}
	value, ok := cookieValue(r, o, sessionCookie)
	if !ok {
		return Ended{}, refuse(cloison.NotFound, SignedOut, "no cookie")
	}
	return s.store.EndedSession(ctx, digest(value))
}
