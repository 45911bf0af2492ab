package provisioning

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// Config is what an intake uses. All but PerMinute is needed.
type Config struct {
	Store     Store
	Directory *directory.Directory
	Approvals *approval.Approvals
	Clients   []Client
	URL       string // where the clients reach it, without a slash at the end
	PerMinute int    // requests of one client: 600
	Log       *slog.Logger
	Now       func() time.Time
}

// maxBody bounds a message: a person or a hundred statements are a hundredth of it.
const maxBody = 1 << 20

// Intake answers the clients. It is safe for concurrent use.
type Intake struct {
	store     Store
	directory *directory.Directory
	approvals *approval.Approvals
	keeper    *gatekeeper
	url       string
	log       *slog.Logger
	now       func() time.Time
}

// New checks the clients. Whether their accounts are there is seen with each request.
func New(c Config) (*Intake, error) {
	if c.PerMinute <= 0 {
		c.PerMinute = 600
	}
	keeper, err := newGatekeeper(c.Clients, c.PerMinute)
	if err != nil {
		return nil, err
	}
	return &Intake{store: c.Store, directory: c.Directory, approvals: c.Approvals, keeper: keeper, url: c.URL, log: c.Log, now: c.Now}, nil
}

// Handler answers /scim/v2 and /xapi.
func (in *Intake) Handler() http.Handler {
	mux := http.NewServeMux()
	scim, xapi := in.guarded(SCIM, in.users, scimFault), in.guarded(XAPI, in.statements, xapiFault)
	mux.Handle("/scim/v2/", scim)
	mux.Handle("/xapi/", xapi)
	mux.HandleFunc("GET /xapi/about", about)
	return mux
}

// request is one message of a known client, read whole.
type request struct {
	*http.Request
	client Client
	source directory.Account
	body   []byte
}

func (r *request) caller() directory.Caller { return directory.Caller{Account: r.source.ID} }

// answer is what goes back, whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// guarded lets known clients through, one bounded message at a time. The log has who, what kind of request and what
// came of it, and neither the address nor the body, which name people.
func (in *Intake) guarded(kind Kind, do func(*request) (answer, error), fault func(*http.Request, error) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := in.admitted(w, r, kind)
		var a answer
		if err == nil {
			a, err = do(req)
		}
		if err != nil {
			a = fault(r, err)
		}
		name := ""
		if req != nil {
			name = req.client.Name
		}
		level := slog.LevelInfo
		if a.status >= 500 {
			level = slog.LevelError
		}
		in.log.Log(r.Context(), level, "told by a machine", "client", name, "kind", string(kind), "method", r.Method, "status", a.status,
			"err", logged(err))
		h := w.Header()
		for k, v := range a.header {
			h[k] = v
		}
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if len(a.body) > 0 {
			h.Set("Content-Length", strconv.Itoa(len(a.body)))
		}
		w.WriteHeader(a.status)
		w.Write(a.body) // the client is gone if this fails
	})
}

func (in *Intake) admitted(w http.ResponseWriter, r *http.Request, kind Kind) (*request, error) {
	i := in.keeper.who(r, kind)
	if i < 0 {
		return nil, errNoToken
	}
	req := &request{Request: r, client: in.keeper.clients[i]}
	if !in.keeper.admit(i, in.now()) {
		return req, &refusal{status: http.StatusTooManyRequests, detail: "too many requests in this minute", retry: 60}
	}
	var err error
	if req.source, err = in.source(r.Context(), req.client); err != nil {
		return req, err
	}
	req.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if large := (*http.MaxBytesError)(nil); asError(err, &large) {
			return req, &refusal{status: http.StatusRequestEntityTooLarge, detail: "a message has at most 1 MiB"}
		}
		return req, cloison.Errorf(cloison.Invalid, "the message broke off")
	}
	return req, nil
}

// again makes the body readable for code that takes an *http.Request.
func (r *request) again(body []byte) *http.Request {
	c := r.Request.Clone(r.Context())
	c.Body, c.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return c
}
