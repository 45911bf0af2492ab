package provisioning

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Kind is the protocol that a client speaks.
type Kind string

const (
	SCIM Kind = "scim"
	XAPI Kind = "xapi"
)

// MinToken is the least length of a token in bytes.
const MinToken = 32

// Client is a machine that may tell us something.
type Client struct {
	Name    string // 1 to 32 small letters, digits and -; the journal and the statements' source name it
	Kind    Kind
	Tokens  []cloison.Secret  // the present one and, while it is replaced, the next
	Account cloison.AccountID // the directory's account that it acts as, with the role source

	Roles directory.Role // SCIM: what a newcomer is proposed for when the client names no role; zero: adviser

	Courses   map[string]directory.Course // xAPI: which activity (IRI) is which course
	Platforms map[string]string           // xAPI: the idp_id behind an actor's homePage
}

// check says what is wrong with a client's settings.
func (c Client) check() error {
	wrong := func(format string, args ...any) error {
		return cloison.Errorf(cloison.Invalid, "intake client %q: "+format, append([]any{c.Name}, args...)...)
	}
	odd := func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') }
	switch {
	case len(c.Name) == 0 || len(c.Name) > 32 || strings.ContainsFunc(c.Name, odd):
		return wrong("its name has 1 to 32 small letters, digits or -")
	case c.Kind != SCIM && c.Kind != XAPI:
		return wrong("kind %q: want %s or %s", c.Kind, SCIM, XAPI)
	case len(c.Tokens) == 0:
		return wrong("it needs a token")
	case c.Account == 0:
		return wrong("it needs an account to act as")
	case c.Kind == XAPI && len(c.Courses) == 0:
		return wrong("which activity is which course?")
	}
	for _, t := range c.Tokens {
		if len(t) < MinToken {
			return wrong("its token has %d bytes: want %d at least, drawn at random", len(t), MinToken)
		}
	}
	for _, course := range c.Courses {
		if course != directory.Awareness && course != directory.ManagersCourse {
			return wrong("%q is no course: want %s or %s", course, directory.Awareness, directory.ManagersCourse)
		}
	}
	return nil
}

// gatekeeper knows the clients by the digests of their tokens, and counts their requests.
type gatekeeper struct {
	clients   []Client
	digests   [][32]byte
	owner     []int // of the digest with that index
	perMinute int

	mu     sync.Mutex
	minute int64
	count  []int
}

func newGatekeeper(clients []Client, perMinute int) (*gatekeeper, error) {
	g := &gatekeeper{clients: clients, perMinute: perMinute, count: make([]int, len(clients))}
	names, tokens := map[string]bool{}, map[[32]byte]bool{}
	for i, c := range clients {
		if err := c.check(); err != nil {
			return nil, err
		}
		if names[c.Name] {
			return nil, cloison.Errorf(cloison.Invalid, "two intake clients are called %q", c.Name)
		}
		names[c.Name] = true
		for _, t := range c.Tokens {
			d := sha256.Sum256([]byte(t.Reveal()))
			if tokens[d] {
				return nil, cloison.Errorf(cloison.Invalid, "intake client %q: its token is in use already: draw another", c.Name)
			}
			tokens[d] = true
			g.digests, g.owner = append(g.digests, d), append(g.owner, i)
		}
	}
	return g, nil
}

// who finds the client of a request by its token; -1 when nobody's. All digests are compared, so that the time taken
// says nothing about any of them.
func (g *gatekeeper) who(r *http.Request, kind Kind) int {
	token, name := credentials(r, kind)
	digest, found := sha256.Sum256([]byte(token)), -1
	for i, d := range g.digests {
		if subtle.ConstantTimeCompare(d[:], digest[:]) == 1 {
			found = g.owner[i]
		}
	}
	if found < 0 || g.clients[found].Kind != kind || name != "" && name != g.clients[found].Name {
		return -1
	}
	return found
}

// credentials are a bearer token (RFC 6750) or, of an xAPI client, a name and a password (RFC 7617).
func credentials(r *http.Request, kind Kind) (token, name string) {
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest), ""
	}
	if user, password, ok := r.BasicAuth(); ok && kind == XAPI && user != "" {
		return password, user
	}
	return "", ""
}

// admit counts a request of the client and says whether it is within its minute.
func (g *gatekeeper) admit(client int, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if m := now.Unix() / 60; m != g.minute {
		g.minute = m
		clear(g.count)
	}
	g.count[client]++
	return g.count[client] <= g.perMinute
}

// source reads the account that the client acts as, and refuses one that is stopped or is no machine's.
func (in *Intake) source(ctx context.Context, c Client) (directory.Account, error) {
	a, err := in.directory.Account(ctx, c.Account)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return a, err
	case err != nil || a.State != directory.Active:
		return a, cloison.Errorf(cloison.Denied, "the account of this client is not active: ask the security officer")
	case !a.Roles.Machine() || a.Binding != (directory.Binding{}):
		return a, cloison.Errorf(cloison.Denied, "the account of this client is not a machine's: import one with the role source")
	}
	return a, nil
}
