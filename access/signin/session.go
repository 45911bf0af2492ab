package signin

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"cloison"
	"cloison/rules/policy"
)

// Session returns the session of a request, as strong as it is from where the request comes. It may be account-less
// (Account zero): then it opens nothing but enrolment.
//
// From another network or browser than the passkey was last shown in, the session is Moved: weak, whatever it was, and
// without passkey, until a presence there. What a session was is not changed by it: a thief who copies a cookie does
// not sign its owner out.
//
// Without a live session the error is Denied with SignedOut; Unavailable when the store or the clock is in doubt. For
// cacheLife it may be answered from memory, after which a revocation elsewhere is seen.
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
		s.judged(&session)
		s.cache.put(token, session, now, generation)
	}
	if err := s.alive(&session, now); err != nil {
		return Session{}, err
	}
	s.seen(&session, r)
	return session, nil
}

// read gets a session and what its account is from the store, and keeps the session from falling idle.
func (s *Signin) read(ctx context.Context, token [32]byte, now time.Time) (Session, error) {
	session, err := s.store.Session(ctx, token)
	if err != nil {
		if cloison.KindOf(err) == cloison.NotFound {
			return Session{}, signedOut("no live session has this token")
		}
		return Session{}, err
	}
	if err := s.alive(&session, now); err != nil {
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
		s.inUse(ctx, a.ID)
	}
	return session, nil
}

// alive checks a session's dates. What it has already seen cannot be in the future: a clock that went back would make
// sessions live longer.
func (s *Signin) alive(session *Session, now time.Time) error {
	switch {
	case now.Before(session.Opened.Add(-leeway)), now.Before(session.LastSeen.Add(-leeway)):
		return refuse(cloison.Unavailable, ClockBack, "the session was seen in the future: the clock went back")
	case !now.Before(session.Expires):
		return signedOut("the session's time is up")
	case now.Sub(session.LastSeen) > s.settings.Idle:
		return signedOut("the session was idle for too long")
	}
	return nil
}

// judged sets what the federation's factor is worth by the settings of today, which may have become stricter since it
// signed in.
func (s *Signin) judged(session *Session) {
	assurance, err := judge(session.Acr, session.Amr, s.trusts(session.Binding.IdP))
	switch {
	case err != nil:
		session.Assurance, session.PasskeyAt, session.Passkey = policy.NoAssurance, time.Time{}, nil
	case assurance == policy.Weak && !session.PasskeyAt.IsZero():
		session.Assurance = policy.OwnPasskey
	default:
		session.Assurance = assurance
	}
}

// seen changes the session to what this request shows of it.
func (s *Signin) seen(session *Session, r *http.Request) {
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

func signedOut(why string) error { return refuse(cloison.Denied, SignedOut, "%s", why) }

// network is the /24 or /48 that a request comes from; the zero prefix when that is not known, which is a network like
// another.
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

// agentDigest tells browsers apart without keeping what they say of their owner's machine.
func agentDigest(r *http.Request) string {
	d := digest(r.UserAgent())
	return hex.EncodeToString(d[:8])
}

// sessionCache remembers sessions for cacheLife. Its zero value is empty and ready.
type sessionCache struct {
	mu         sync.RWMutex
	entries    map[[32]byte]cached
	generation int64 // grows with each forgetting
}

type cached struct {
	session Session
	read    time.Time
}

const maxCached = 1 << 16

func (c *sessionCache) get(token [32]byte, now time.Time) (Session, int64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.entries[token]
	return e.session, c.generation, ok && now.Sub(e.read).Abs() < cacheLife
}

// put keeps a session that was read when the generation was this one. If something was forgotten since, it may be what
// was read: not kept.
func (c *sessionCache) put(token [32]byte, s Session, read time.Time, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if c.entries == nil || len(c.entries) >= maxCached {
		c.entries = map[[32]byte]cached{}
	}
	c.entries[token] = cached{s, read}
}

// forget drops what this process remembers of sessions for which gone is true.
func (c *sessionCache) forget(gone func(Session) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for token, e := range c.entries {
		if gone(e.session) {
			delete(c.entries, token)
		}
	}
}
