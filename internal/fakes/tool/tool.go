package tool

import (
	"bytes"
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cloison/internal/demo/network"
)

//go:embed page
var pageFiles embed.FS

//go:embed mapping.yaml
var mapping []byte

// Mapping is what Cloison has to know of the tool, in YAML: one entry of `tools` in its config.
func Mapping() []byte { return bytes.Clone(mapping) }

const (
	pageSize     = 20
	maxBody      = 64 << 10
	maxTransfer  = 1000
	maxNoteRunes = 2000
)

// Options are what a tool may be given beyond its network. The zero value is the tool as it is in the field.
type Options struct {
	// Guard wraps the API, not the page: to verify the assertion that Cloison signs (header Cloison-Assertion), or
	// anything else that a better tool would ask. Nil trusts everybody.
	Guard func(http.Handler) http.Handler
	// Account keeps the exact account that Served returns. It costs memory for each person served.
	Account bool
	// Fault is asked for each API answer how to spoil it. Nil spoils nothing.
	Fault func(*http.Request) Fault
	Log   *slog.Logger     // nil: slog.Default
	Now   func() time.Time // nil: time.Now
}

// Tool is the service. It is an http.Handler, safe for concurrent use.
type Tool struct {
	network *network.Network
	opts    Options
	handler http.Handler
	served  account

	mu        sync.RWMutex
	notes     map[int][]note        // by person
	transfers []transfer            // in order
	moved     map[string][]transfer // by agent's sub
	holders   map[int]string        // sub of the agent that a person was last moved to
	subs      map[string]int        // agents by sub
}

type note struct {
	At   time.Time `json:"date"`
	Text string    `json:"texte"`
}

type transfer struct {
	agent  string // sub
	person int
	at     time.Time
}

// New returns the tool over that network.
func New(n *network.Network, opts Options) *Tool {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	t := &Tool{network: n, opts: opts, notes: make(map[int][]note), moved: make(map[string][]transfer),
		holders: make(map[int]string), subs: make(map[string]int, n.Agents())}
	for i := range n.Agents() {
		t.subs[n.Agent(i).Sub] = i
	}
	t.handler = t.routes()
	return t
}

func (t *Tool) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.handler.ServeHTTP(w, r) }

func (t *Tool) routes() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("GET /api/recherche", t.search)
	api.HandleFunc("GET /api/dossiers/{id}", t.file)
	api.HandleFunc("GET /api/nir/{nir}", t.byNIR)
	api.HandleFunc("GET /api/portefeuille", t.caseload)
	api.HandleFunc("POST /api/dossiers/{id}/notes", t.addNote)
	api.HandleFunc("POST /api/portefeuille/transfert", t.transfer)
	api.HandleFunc("GET /api/flux/portefeuilles.jsonl", t.transferFeed)
	var guarded http.Handler = api
	if t.opts.Guard != nil {
		guarded = t.opts.Guard(api)
	}
	page, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	files := http.FileServerFS(page)
	mux := http.NewServeMux()
	mux.Handle("/api/", guarded)
	mux.Handle("GET /{$}", secure(files))
	mux.Handle("GET /static/", secure(files))
	return mux
}

// secure gives the page a content policy without inline anything.
func secure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; "+
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h.ServeHTTP(w, r)
	})
}

// holder returns the agent who answers for a person: the one it was last moved to, else its first adviser; none when
// nobody accompanies it.
func (t *Tool) holder(person int) (network.Agent, bool) {
	t.mu.RLock()
	sub, moved := t.holders[person]
	t.mu.RUnlock()
	if moved {
		i, ok := t.subs[sub]
		if ok {
			return t.network.Agent(i), true
		}
		return network.Agent{}, false
	}
	if links := t.network.Links(person); len(links) > 0 {
		return t.network.Agent(links[0].Agent), true
	}
	return network.Agent{}, false
}

func (t *Tool) warn(ctx context.Context, msg string, err error) {
	t.opts.Log.WarnContext(ctx, msg, "err", err)
}
