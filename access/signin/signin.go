package signin

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin/openid"
	"cloison/access/signin/passkey"
	"cloison/access/signin/refusal"
	"cloison/ledger/journal"
)

// Settings of signin. Zero values are the defaults in the comments, which are the safe ones.
type Settings struct {
	Issuer       string // of the OpenID provider; discovery is below it
	ClientID     string // registered for the code flow, with id token and userinfo signed by ES256 or RS256
	ClientSecret cloison.Secret
	// WithoutPKCE leaves out the code challenge, for a provider that refuses parameters it does not know.
	WithoutPKCE bool
	// Trusted lists the identity providers (idp_id) that are believed when they name a phishing-resistant factor;
	// empty: none is.
	Trusted []string

	// Origins are the scheme and host of every place where /cloison/ is mounted, as https://console.example. A request
	// to another host is refused. Plain http is for loopback only.
	Origins []string
	RPID    string // WebAuthn relying party: the host of every origin, or a domain above it
	RPName  string // what the browser shows beside it; empty: Cloison
	// AAGUIDs are the models of authenticators in which a passkey may be made, and AttestationRoots the certificates of
	// their makers; none: any. See passkey/attestation.go for what is verified.
	AAGUIDs          []string
	AttestationRoots []*x509.Certificate

	Absolute time.Duration // a session's whole life: 4 h
	Idle     time.Duration // without any request: 30 min
	Presence int32         // new persons that one presence opens: 20
	Dormancy time.Duration // a sign-in does not wake an account that was unused for longer: 90 days

	// ClientAddr says where a request comes from; nil: its TCP peer. Set it behind a proxy that is trusted to say so.
	ClientAddr func(*http.Request) netip.Addr
	// StateKey seals the state of sign-ins under way: 32 random bytes that replicas share. Without one, a sign-in that
	// comes back to another process has to begin again.
	StateKey cloison.Secret
	// HTTP reaches the provider; nil: a client of our own, ten seconds a call.
	HTTP *http.Client
}

const (
	flowLife   = 10 * time.Minute // from the redirect to the callback
	actLife    = 2 * time.Minute  // from the challenge to the assertion
	permitLife = 15 * time.Minute // from the enrolment code, or the approval, to the new passkey
	cacheLife  = time.Second      // how long a replica believes its memory without asking the store
	leeway     = time.Minute      // how far our clock may step back
	maxTries   = 10               // failed assertions in a session within tryWindow, before it must wait
	tryWindow  = 15 * time.Minute
	maxKeys    = 10 // passkeys of one account
	maxActs    = 20 // acts of one session under way: its holder does one, or a few in tabs
	sweepEvery = 10 * time.Minute
	sweepAge   = 24 * time.Hour
)

// Signin is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Signin struct {
	store     Store
	directory Directory
	settings  Settings
	log       *slog.Logger
	now       func() time.Time
	origins   map[string]origin // by host, as in the Host header
	provider  *openid.Client
	passkeys  *passkey.RelyingParty
	sealer    openid.Sealer
	cache     sessionCache
	streams   streams
	throttle  throttle
}

// origin is one place where /cloison/ is mounted.
type origin struct {
	url    string
	secure bool
}

func (o origin) callback() string { return o.url + Prefix + "callback" }

// Prefix is where the handler is mounted on every origin.
const Prefix = "/cloison/"

// New returns a Signin on that store. It does not call the provider: each sign-in does, until the provider answers. now
// gives the time of every decision; whole milliseconds are kept, in UTC. Errors are Invalid settings.
func New(store Store, accounts Directory, s Settings, log *slog.Logger, now func() time.Time) (*Signin, error) {
	s.Absolute = cmp.Or(s.Absolute, 4*time.Hour)
	s.Idle = cmp.Or(s.Idle, 30*time.Minute)
	s.Presence = cmp.Or(s.Presence, 20)
	s.Dormancy = cmp.Or(s.Dormancy, directory.DormantAfter)
	s.RPName = cmp.Or(s.RPName, "Cloison")
	if s.ClientAddr == nil {
		s.ClientAddr = peer
	}
	issuer, err := url.Parse(s.Issuer)
	switch {
	case err != nil || issuer.Host == "" || s.ClientID == "":
		return nil, cloison.Errorf(cloison.Invalid, "issuer or client id missing: want an issuer as https://idp.example, and a client id")
	case issuer.Scheme != "https" && (issuer.Scheme != "http" || !loopback(issuer.Hostname())):
		return nil, cloison.Errorf(cloison.Invalid, "issuer %q: want https, or http on loopback", s.Issuer)
	}
	n := &Signin{store: store, directory: accounts, settings: s, log: log, origins: map[string]origin{}, streams: streams{every: lookEvery},
		now: cloison.Clock(now)}
	for _, text := range s.Origins {
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Host == "" || u.Scheme+"://"+u.Host != text:
			return nil, cloison.Errorf(cloison.Invalid, "origin %q: want scheme and host, as https://console.example", text)
		case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
			return nil, cloison.Errorf(cloison.Invalid, "origin %q: want https, or http on loopback", text)
		case u.Hostname() != s.RPID && !strings.HasSuffix(u.Hostname(), "."+s.RPID):
			return nil, cloison.Errorf(cloison.Invalid, "origin %q: want a host at or below the passkeys' domain %q", text, s.RPID)
		}
		n.origins[strings.ToLower(u.Host)] = origin{url: text, secure: u.Scheme == "https"}
	}
	if len(n.origins) == 0 {
		return nil, cloison.Errorf(cloison.Invalid, "origins missing: want at least one, as https://console.example")
	}
	if n.sealer, err = openid.NewSealer(s.StateKey); err != nil {
		return nil, err
	}
	n.provider = openid.New(openid.Settings{Issuer: s.Issuer, ClientID: s.ClientID, ClientSecret: s.ClientSecret,
		WithoutPKCE: s.WithoutPKCE, HTTP: s.HTTP}, n.now)
	n.passkeys, err = passkey.New(passkey.Settings{Origins: s.Origins, ID: s.RPID, Name: s.RPName, AAGUIDs: s.AAGUIDs,
		Roots: s.AttestationRoots, Using: actLife, Making: permitLife})
	return n, err
}

// Run tells open pages when their session ends, and sweeps old records out of the store, until ctx ends.
func (s *Signin) Run(ctx context.Context) error {
	var following sync.WaitGroup
	following.Go(func() { s.follow(ctx) })
	defer following.Wait()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := s.store.Sweep(ctx, s.now().Add(-sweepAge), s.now()); err != nil {
				s.log.WarnContext(ctx, "sweeping old sign-ins, acts and sessions failed", "err", err)
			}
		}
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// originOf finds the origin that a request was sent to. A Host header of no origin is refused, so that it never reaches
// a redirect.
func (s *Signin) originOf(r *http.Request) (origin, error) {
	o, ok := s.origins[r.Host]
	if !ok {
		o, ok = s.origins[strings.ToLower(r.Host)]
	}
	if !ok {
		return o, refusal.New(cloison.Invalid, refusal.UnknownHost, "no origin of the settings has this host")
	}
	return o, nil
}

func (s *Signin) trusts(idp string) bool { return slices.Contains(s.settings.Trusted, idp) }

// record journals what a session's holder did in it.
func (s *Signin) record(ctx context.Context, session Session, code string, detail map[string]string) {
	s.journal(ctx, journal.Event{Code: code, Actor: session.Account, Account: session.Account, Session: session.ID,
		Detail: detail})
}

// journal appends a line of now.
func (s *Signin) journal(ctx context.Context, e journal.Event) {
	e.At = s.now()
	journal.Record(ctx, s.directory, s.log, e)
}

// secret returns 256 random bits as 43 characters.
func secret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func digest(s string) [32]byte { return sha256.Sum256([]byte(s)) }
