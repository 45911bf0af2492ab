package signin

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/netip"

	"cloison"
	"cloison/rules/policy"
)

// open stores a new session for the browser of r and returns its token, which nobody else has. The caller has set who
// it is and until when. Its presence lease is empty until a passkey was shown, unless the federation itself proved a
// key just now: a single sign-on of this morning, which the provider repeats without asking anybody, opens no new
// lease.
func (s *Signin) open(r *http.Request, session Session) (cloison.Secret, error) {
	token, now := secret(), s.now()
	session.ID, session.Token, session.Version = cloison.NewSessionID(), digest(token), 1
	session.Opened, session.LastSeen = now, now
	session.Network, session.UserAgent, session.Device = s.network(r), agentDigest(r), deviceOf(r.UserAgent())
	assurance, err := judge(session.Acr, session.Amr, s.trusts(session.Binding.IdP))
	if err != nil {
		return "", err
	}
	var left int32
	if assurance == policy.PhishingResistant && session.Account != 0 && now.Sub(session.Auth).Abs() <= flowLife {
		left = s.settings.Presence
	}
	if err := s.store.AddSession(r.Context(), session, left); err != nil {
		if cloison.KindOf(err) == cloison.Stale {
			return "", refuse(cloison.Denied, NotActive, "the account was suspended meanwhile: %w", err)
		}
		return "", err
	}
	if session.Account != 0 {
		s.inUse(r.Context(), session.Account)
	}
	s.record(r.Context(), session, "session.opened", s.placed(r.Context(), session, map[string]string{
		"idp": clip(session.Binding.IdP), "acr": session.Acr, "assurance": string(assurance)}))
	return cloison.Secret(token), nil
}

// inUse notes that an account is in use. That it could not be noted stops nobody: in three months the account would be
// dormant, and until then it is noted again.
func (s *Signin) inUse(ctx context.Context, id cloison.AccountID) {
	now := s.now()
	if err := s.directory.TouchAccount(context.WithoutCancel(ctx), id, now, now.Add(-s.settings.Dormancy)); err != nil {
		s.log.WarnContext(ctx, "that an account is in use could not be noted", "account", id.String(), "err", err)
	}
}

func networkDigest(p netip.Prefix) string {
	d := digest(p.String())
	return hex.EncodeToString(d[:8])
}

// SignOut ends the session of the request, on every replica, and takes its cookie away. It returns the provider's
// address to end its own session too, from where the browser comes back to "/"; empty when there is none. Who is signed
// out already is signed out.
func (s *Signin) SignOut(w http.ResponseWriter, r *http.Request) (string, error) {
	o, err := s.originOf(r)
	if err != nil {
		return "", err
	}
	value, ok := cookieValue(r, o, sessionCookie)
	setCookie(w, o, sessionCookie, "", -1)
	if !ok {
		return "", nil
	}
	session, err := s.store.Session(r.Context(), digest(value))
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound:
		return "", nil
	case err != nil:
		return "", err
	}
	if err := s.end(r.Context(), session, "signed_out"); err != nil {
		return "", err
	}
	p, err := s.provider.get(r.Context())
	if err != nil {
		return "", nil // our session is over, which is what was asked
	}
	return p.logoutURL(session.IDToken, o.url+"/"), nil
}

// end revokes one session.
func (s *Signin) end(ctx context.Context, session Session, reason string) error {
	_, err := s.store.Revoke(ctx, session.Account, session.ID, reason, s.now())
	s.cache.forget(func(c Session) bool { return c.ID == session.ID })
	if err == nil {
		s.record(ctx, session, "session.ended", map[string]string{"reason": reason})
	}
	return err
}

// endCookie revokes the session that the browser held before another one. If that fails it is still left behind: nobody
// has its cookie, and its dates end it.
func (s *Signin) endCookie(r *http.Request, o origin, reason string) {
	value, ok := cookieValue(r, o, sessionCookie)
	if !ok {
		return
	}
	old, err := s.store.Session(r.Context(), digest(value))
	if err == nil {
		err = s.end(r.Context(), old, reason)
	}
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		s.log.WarnContext(r.Context(), "the session before could not be ended", "err", err)
	}
}
