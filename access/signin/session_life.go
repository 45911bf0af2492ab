package signin

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/netip"

	"cloison"
	"cloison/access/signin/openid"
	"cloison/access/signin/refusal"
	"cloison/rules/policy"
)

// open stores a new session for the browser of r and returns its token, which nobody else has. The caller sets the
// account, the identity and the end. The presence lease is empty until a passkey is used, unless the federation itself
// proved a key just now: a single sign-on of this morning, which the provider repeats without a gesture, opens no new
// lease.
func (s *Signin) open(r *http.Request, session Session) (cloison.Secret, error) {
	token, now := secret(), s.now()
	session.ID, session.Token, session.Version = cloison.NewSessionID(), digest(token), 1
	session.Opened, session.LastSeen = now, now
	session.Network, session.UserAgent, session.Device = s.network(r), agentDigest(r), deviceOf(r.UserAgent())
	assurance, err := openid.Assurance(session.Acr, session.Amr, s.trusts(session.Binding.IdP))
	if err != nil {
		return "", err
	}
	var left int32
	if assurance == policy.PhishingResistant && session.Account != 0 && now.Sub(session.Auth).Abs() <= flowLife {
		left = s.settings.Presence
	}
	if err := s.store.AddSession(r.Context(), session, left); err != nil {
		if cloison.KindOf(err) == cloison.Stale {
			return "", refusal.New(cloison.Denied, refusal.NotActive, "the account was suspended meanwhile: %w", err)
		}
		return "", err
	}
	if session.Account != 0 {
		s.touchAccount(r.Context(), session.Account)
	}
	s.record(r.Context(), session, "session.opened", s.placeDetail(r.Context(), session, map[string]string{
		"idp": refusal.Clip(session.Binding.IdP), "acr": session.Acr, "assurance": string(assurance)}))
	return cloison.Secret(token), nil
}

// touchAccount notes that an account is in use. A failure refuses nothing: dormancy comes after three months, and the
// next request notes it again.
func (s *Signin) touchAccount(ctx context.Context, id cloison.AccountID) {
	now := s.now()
	if err := s.directory.TouchAccount(context.WithoutCancel(ctx), id, now, now.Add(-s.settings.Dormancy)); err != nil {
		s.log.WarnContext(ctx, "updating last-seen failed", "account", id.String(), "err", err)
	}
}

func networkDigest(p netip.Prefix) string {
	d := digest(p.String())
	return hex.EncodeToString(d[:8])
}

// SignOut ends the session of the request, on every replica, and deletes its cookie. It returns the address where the
// browser ends the provider's own session, from where it comes back to "/"; empty when there is none. Without a live
// session it does nothing else.
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
	p, err := s.provider.Provider(r.Context())
	if err != nil {
		return "", nil // our session is over, as asked
	}
	return p.LogoutURL(session.IDToken, o.url+"/"), nil
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

// endCookie revokes the browser's earlier session. After a failure that session has no cookie any more, and its dates
// end it.
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
		s.log.WarnContext(r.Context(), "ending the earlier session failed", "err", err)
	}
}
