package signin

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/netip"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin/openid"
	"cloison/access/signin/refusal"
	"cloison/rules/policy"
)

// Session is one signed-in browser. A session without account (Account zero) belongs to a federated identity that has
// no account yet: it can use an enrolment code, and nothing else.
type Session struct {
	ID      cloison.SessionID
	Token   [32]byte // SHA-256 of the cookie's value
	Account cloison.AccountID
	Binding directory.Binding
	IDToken cloison.Secret // for RP-initiated logout

	Acr  string
	Amr  []string
	Auth time.Time // when the provider says it authenticated; zero: it does not say

	// PasskeyAt is when our own passkey was last used in this session; zero: never.
	PasskeyAt time.Time
	Passkey   []byte // credential id used

	Network   netip.Prefix // /24 or /48 of the client: a change asks for the passkey again
	UserAgent string       // digest of the user agent: likewise
	Device    string       // browser and system in codes, as "firefox linux"; for its holder to read
	Opened    time.Time
	LastSeen  time.Time
	Expires   time.Time // absolute
	Version   int64

	// What Signin.Session adds for one request. Stores neither keep nor return them.
	Assurance policy.Assurance
	Structure cloison.StructureID // of the account, as are the roles; as old as the rest of what is answered from memory
	Roles     directory.Role
	Moved     bool // the request comes from another network or browser: Network and UserAgent are the request's
}

// Session returns the session of a request, as strong as it is from where the request comes. It may be without
// account (Account zero): then it opens nothing but enrolment.
//
// From another network or browser than the one where the passkey was last used, the session is Moved: weak, whatever it
// was, and without passkey, until a presence there. The stored session stays as it is: a thief who copies a cookie does
// not sign its holder out.
//
// Without a live session the error is Denied with SignedOut; Unavailable when the store or the clock is in doubt. The
// answer may come from memory for cacheLife; then a revocation on another replica is seen.
func (s *Signin) Session(ctx context.Context, r *http.Request) (Session, error) {
	o, err := s.originOf(r)
	if err != nil {
		return Session{}, err
	}
	value, ok := cookieValue(r, o, sessionCookie)
	if !ok {
		return Session{}, signedOut("no cookie")
	}
	token, now := digest(value), s.now()
	session, generation, ok := s.cache.get(token, now)
	if !ok {
		if session, err = s.read(ctx, token, now); err != nil {
			return Session{}, err
		}
		s.assess(&session)
		s.cache.put(token, session, now, generation)
	}
	if err := s.checkDates(&session, now); err != nil {
		return Session{}, err
	}
	s.relocate(&session, r)
	return session, nil
}

// read reads a session and its account from the store, and keeps the session from falling idle.
func (s *Signin) read(ctx context.Context, token [32]byte, now time.Time) (Session, error) {
	session, err := s.store.Session(ctx, token)
	if err != nil {
		if cloison.KindOf(err) == cloison.NotFound {
			return Session{}, signedOut("no live session has this token")
		}
		return Session{}, err
	}
	if err := s.checkDates(&session, now); err != nil {
		return Session{}, err
	}
	if now.Sub(session.LastSeen) >= s.settings.Idle/10 { // seldom, for it is a durable write
		if err := s.store.TouchSession(ctx, session.ID, now); err != nil {
			return Session{}, err
		}
		session.LastSeen = now
	}
	if session.Account == 0 {
		return session, nil
	}
	a, err := s.directory.Account(ctx, session.Account)
	if cloison.KindOf(err) == cloison.NotFound {
		return Session{}, signedOut("the session's account is not there")
	}
	if err != nil {
		return session, err
	}
	session.Structure, session.Roles = a.Structure, a.Roles
	if now.Sub(a.LastSeen) >= time.Hour && !a.Dormant(now, s.settings.Dormancy) {
		s.touchAccount(ctx, a.ID)
	}
	return session, nil
}

// checkDates says whether a session is live at that time. A session last seen in the future means that the clock went
// back, which would make sessions live longer.
func (s *Signin) checkDates(session *Session, now time.Time) error {
	switch {
	case now.Before(session.Opened.Add(-leeway)), now.Before(session.LastSeen.Add(-leeway)):
		return refusal.New(cloison.Unavailable, refusal.ClockBack, "the session was last seen in the future: the clock went back")
	case !now.Before(session.Expires):
		return signedOut("the session's time is up")
	case now.Sub(session.LastSeen) > s.settings.Idle:
		return signedOut("the session was idle for too long")
	}
	return nil
}

// assess sets what the federation's factor is worth by the settings of today, which may be stricter than at the
// sign-in.
func (s *Signin) assess(session *Session) {
	assurance, err := openid.Assurance(session.Acr, session.Amr, s.trusts(session.Binding.IdP))
	switch {
	case err != nil:
		session.Assurance, session.PasskeyAt, session.Passkey = policy.NoAssurance, time.Time{}, nil
	case assurance == policy.Weak && !session.PasskeyAt.IsZero():
		session.Assurance = policy.OwnPasskey
	default:
		session.Assurance = assurance
	}
}

// relocate makes the session that of the request's network and browser, weak when these changed.
func (s *Signin) relocate(session *Session, r *http.Request) {
	network, agent := s.network(r), agentDigest(r)
	if network == session.Network && agent == session.UserAgent {
		return
	}
	session.Moved, session.Network, session.UserAgent, session.Device = true, network, agent, deviceOf(r.UserAgent())
	session.PasskeyAt, session.Passkey = time.Time{}, nil
	if session.Assurance != policy.NoAssurance {
		session.Assurance = policy.Weak
	}
}

func signedOut(why string) error { return refusal.New(cloison.Denied, refusal.SignedOut, "%s", why) }

// network is the /24 or /48 that a request comes from; the zero prefix when that is not known, which counts as a
// network of its own.
func (s *Signin) network(r *http.Request) netip.Prefix {
	a := s.settings.ClientAddr(r).Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// peer is the address of the TCP connection.
func peer(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr()
}

// agentDigest tells browsers apart without keeping what they say of the machine.
func agentDigest(r *http.Request) string {
	d := digest(r.UserAgent())
	return hex.EncodeToString(d[:8])
}
