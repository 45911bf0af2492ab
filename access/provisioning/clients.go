package provisioning

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
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

// DefaultPerMinute is how many requests of one client a minute are answered when the config names no number.
const DefaultPerMinute = 600

// Client is a machine that may send.
type Client struct {
	Name    string // 1 to 32 small letters, digits and -; the journal and the statements' source name it
	Kind    Kind
	Tokens  []cloison.Secret  // the present one and, during a change, the next
	Account cloison.AccountID // the directory's account that it acts as, with the role source

	Roles directory.Role // SCIM: the roles of a proposal that names none; zero: adviser

	Courses   map[string]directory.Course // xAPI: which activity (IRI) is which course
	Platforms map[string]string           // xAPI: the idp_id behind an actor's homePage
}

// check says what is wrong with the settings of a client.
func (c Client) check() error {
	wrong := func(format string, args ...any) error {
		return cloison.Errorf(cloison.Invalid, "intake client %q: "+format, append([]any{c.Name}, args...)...)
	}
	odd := func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-') }
	switch {
	case len(c.Name) == 0 || len(c.Name) > 32 || strings.ContainsFunc(c.Name, odd):
		return wrong("name: want 1 to 32 small letters, digits or -")
	case c.Kind != SCIM && c.Kind != XAPI:
		return wrong("kind %q: want %s or %s", c.Kind, SCIM, XAPI)
	case len(c.Tokens) == 0:
		return wrong("token: required")
	case c.Account == 0:
		return wrong("account: required")
	case c.Kind == XAPI && len(c.Courses) == 0:
		return wrong("courses: required, the course of each activity")
	}
	for _, t := range c.Tokens {
		if len(t) < MinToken {
			return wrong("token of %d bytes: want %d at least, drawn at random", len(t), MinToken)
		}
	}
	for _, course := range c.Courses {
		if course != directory.Awareness && course != directory.ManagersCourse {
			return wrong("course %q: want %s or %s", course, directory.Awareness, directory.ManagersCourse)
		}
	}
	return nil
}

// Clients are the machines of the config: known by the digests of their tokens, and counted by the minute. They are
// safe for concurrent use.
type Clients struct {
	list      []Client
	directory *directory.Directory
	perMinute int
	log       *slog.Logger
	now       func() time.Time

	digests [][32]byte
	owner   []int // the client of the digest with that index

	mu     sync.Mutex
	minute int64
	count  []int
}

// NewClients checks the clients; each request checks their accounts. A client may send perMinute requests a minute; 0:
// DefaultPerMinute.
func NewClients(list []Client, dir *directory.Directory, perMinute int, log *slog.Logger, now func() time.Time) (*Clients, error) {
	if perMinute <= 0 {
		perMinute = DefaultPerMinute
	}
	c := &Clients{list: list, directory: dir, perMinute: perMinute, log: log, now: now, count: make([]int, len(list))}
	names, tokens := map[string]bool{}, map[[32]byte]bool{}
	for i, client := range list {
		if err := client.check(); err != nil {
			return nil, err
		}
		if names[client.Name] {
			return nil, cloison.Errorf(cloison.Invalid, "intake client %q: the name is in use already", client.Name)
		}
		names[client.Name] = true
		for _, t := range client.Tokens {
			d := sha256.Sum256([]byte(t.Reveal()))
			if tokens[d] {
				return nil, cloison.Errorf(cloison.Invalid, "intake client %q: the token is in use already: draw another", client.Name)
			}
			tokens[d] = true
			c.digests, c.owner = append(c.digests, d), append(c.owner, i)
		}
	}
	return c, nil
}

// identify finds the client of a request by its token; -1: none. It compares all digests, so that the time taken says
// nothing about any of them.
func (c *Clients) identify(r *http.Request, kind Kind) int {
	token, name := credentials(r, kind)
	digest, found := sha256.Sum256([]byte(token)), -1
	for i, d := range c.digests {
		if subtle.ConstantTimeCompare(d[:], digest[:]) == 1 {
			found = c.owner[i]
		}
	}
	if found < 0 || c.list[found].Kind != kind || name != "" && name != c.list[found].Name {
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
func (c *Clients) admit(client int, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := now.Unix() / 60; m != c.minute {
		c.minute = m
		clear(c.count)
	}
	c.count[client]++
	return c.count[client] <= c.perMinute
}

// source reads the account that the client acts as, and refuses an account that is not active or not a machine's.
func (c *Clients) source(ctx context.Context, client Client) (directory.Account, error) {
	a, err := c.directory.Account(ctx, client.Account)
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
