package gateway

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cloison"
	"cloison/internal/i18n"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"cloison/wall/mapping"
)

// Config is what a gateway uses.
type Config struct {
	Tool      *mapping.Mapping
	Sessions  Sessions
	Discloser Discloser
	Signer    *Signer
	Transport http.RoundTripper     // to the tool; nil: a new one
	Metrics   prometheus.Registerer // nil: none
	Log       *slog.Logger
	Now       func() time.Time
	Zone      *time.Location // of the dates in refusals

	// Public is the gateway's URL as browsers see it. The pages of sign-in, step-up and refusals are under its
	// /cloison/.
	Public string
}

// Gateway serves one tool to the agents. It is an http.Handler, safe for concurrent use.
type Gateway struct {
	tool         *mapping.Mapping
	sessions     Sessions
	discloser    Discloser
	signer       *Signer
	transport    http.RoundTripper
	metrics      *metrics
	log          *slog.Logger
	now          func() time.Time
	zone         *time.Location
	public       string
	pseudonymKey [32]byte // the key of pseudonyms
	throttle     logThrottle
	pool         sync.Pool // of *workspace
}

// workspace holds one answer while it is worked on: its bytes, what was read in them, and what leaves.
type workspace struct {
	reader    *mapping.Reader
	answer    []byte
	out       []byte
	persons   []disclose.Person
	permitted []mapping.Permission
}

// New returns the gateway of one tool.
func New(c Config) *Gateway {
	g := &Gateway{tool: c.Tool, sessions: c.Sessions, discloser: c.Discloser, signer: c.Signer, transport: c.Transport,
		metrics: newMetrics(c.Metrics), log: c.Log.With("tool", c.Tool.Name), now: c.Now, zone: c.Zone,
		public: strings.TrimSuffix(c.Public, "/")}
	if g.transport == nil {
		g.transport = newTransport(c.Tool.Timeout)
	}
	rand.Read(g.pseudonymKey[:])
	g.pool.New = func() any { return &workspace{reader: mapping.NewReader()} }
	return g
}

// exchange is one request of an agent and its answer.
type exchange struct {
	*Gateway
	w         http.ResponseWriter
	r         *http.Request
	reference string // the request's id in rows, logs and refusals
	lang      i18n.Lang
	caller    Caller
	route     *mapping.Endpoint
	person    cloison.PersonRef // the person in the path, when the route names one
	reveal    cloison.Fields
}

// ServeHTTP takes one request from the agent to the tool and back.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == JWKSPath && r.Method == http.MethodGet {
		g.signer.ServeHTTP(w, r)
		return
	}
	x := &exchange{Gateway: g, w: w, r: r, reference: rand.Text()[:16],
		lang: i18n.For(r.Header.Get("Accept-Language"))}
	route := "none"
	v := x.serve()
	if x.route != nil {
		route = x.route.Match
	}
	g.metrics.ended(g.tool.Name, route, v)
}

// serve answers the request and says how it ended. Each step answers it, or returns an empty ending and leaves it to
// the next step.
func (x *exchange) serve() ending {
	if v := x.authenticate(); v != "" {
		return v
	}
	if v := x.checkRequest(); v != "" {
		return v
	}
	if v := x.admit(); v != "" {
		return v
	}
	if v := x.decideWrite(); v != "" {
		return v
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), x.tool.Timeout)
	defer cancel()
	began := x.now()
	resp, v := x.askTool(ctx)
	if v != "" {
		return v
	}
	defer resp.Body.Close()
	if x.route.Plain() {
		return x.passPlain(resp)
	}
	d := x.pool.Get().(*workspace)
	defer x.release(d)
	if v := x.readAnswer(resp, d); v != "" {
		return v
	}
	x.metrics.answered(x.tool.Name, x.now().Sub(began))
	return x.disclose(resp, d)
}

// release keeps the workspace for another answer, unless a large answer made it large.
func (g *Gateway) release(d *workspace) {
	if cap(d.answer)+cap(d.out) <= 512<<10 {
		g.pool.Put(d)
	}
}

// authenticate finds the account of the request's session.
func (x *exchange) authenticate() ending {
	caller, err := x.sessions.Caller(x.r)
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound:
		return x.signIn()
	case err != nil:
		return x.refuseUnrecorded(err)
	case caller.Agent.Account == 0:
		return x.refuse(http.StatusForbidden, denied, reason{code: "no_account", action: "/cloison/"})
	}
	x.caller = caller
	return ""
}

// admit decides whether the request may go to the tool at all.
func (x *exchange) admit() ending {
	decision, err := x.discloser.Admit(x.r.Context(), x.caller.Agent, x.tool.Name, x.operation())
	if err != nil {
		return x.refuseUnrecorded(err)
	}
	if decision.Outcome != policy.Permit {
		return x.deny(decision)
	}
	return ""
}

// operation is the route's own, or reveal.
func (x *exchange) operation() policy.Operation {
	if x.reveal != 0 {
		return policy.Reveal
	}
	return x.route.Operation
}

// disclose gets a recorded decision on the persons of the answer, then writes what may leave. A crash before Disclose
// returns shows nothing; a crash after it leaves rows of persons who were not shown.
func (x *exchange) disclose(resp *http.Response, d *workspace) ending {
	rd, f := d.reader.Read(x.route, d.answer)
	if f != nil {
		return x.refuseAnswer(f)
	}
	if len(rd.Persons) == 0 {
		if v := x.decideMissing(); v != "" {
			return v
		}
		return x.write(resp, d.answer, policy.Decision{}, 0)
	}
	d.persons = d.persons[:0]
	for _, p := range rd.Persons {
		d.persons = append(d.persons, disclose.Person{Ref: p.Ref, Fields: p.Fields, Reveal: p.Fields & x.reveal})
	}
	answer, err := x.discloser.Disclose(x.r.Context(), disclose.Request{Agent: x.caller.Agent, Tool: x.tool.Name,
		Operation: x.operation(), ID: x.reference, Persons: d.persons})
	if err != nil {
		d.persons = nil // the writer may still read them
		return x.refuseUnrecorded(err)
	}
	decision := answer.Decision
	if decision.Outcome != policy.Permit {
		return x.deny(decision)
	}
	if !d.permit(rd, decision) {
		return x.refuseFault(mapping.Inexact)
	}
	if x.showsNobody(d, decision) {
		return x.deny(decision)
	}
	out, withheld := rd.Rewrite(d.out[:0], d.answer, d.permitted)
	d.out = out
	return x.write(resp, out, decision, withheld)
}

// permit turns the decision into permissions. It reports false for a decision that is not about exactly these persons,
// or shows more than the answer holds.
func (d *workspace) permit(rd *mapping.Reading, decision policy.Decision) bool {
	d.permitted = d.permitted[:0]
	if len(decision.Persons) != len(rd.Persons) {
		return false
	}
	for i, o := range decision.Persons {
		if !rd.Persons[i].Fields.Has(o.Show) {
			return false
		}
		d.permitted = append(d.permitted, mapping.Permission{Shown: o.Shown(), Fields: o.Show})
	}
	return true
}

// showsNobody reports whether nobody is left in the answer and a refusal says more than it. An empty list that
// withholds strangers is an answer: it says how many there are.
func (x *exchange) showsNobody(d *workspace, decision policy.Decision) bool {
	if slices.ContainsFunc(d.permitted, func(p mapping.Permission) bool { return p.Shown }) {
		return false
	}
	strangers := len(decision.Reasons) == 1 && decision.Reasons[0].Code == policy.NotExplained
	return !x.route.List() || !strangers
}

// write sends what may leave.
func (x *exchange) write(resp *http.Response, body []byte, decision policy.Decision, withheld int) ending {
	h := x.w.Header()
	setPrivate(h)
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cloison-Request", x.reference)
	v := shown
	if withheld > 0 {
		v = someWithheld
		h.Set("Cloison-Withheld", strconv.Itoa(withheld))
		h.Set("Cloison-Withheld-For", tally(decision.Reasons))
		if decision.Factor != "" {
			h.Set("Cloison-Step-Up", x.public+x.factorPath(decision.Factor)) // the factor would show more
		}
	}
	x.passCookies(resp)
	x.w.WriteHeader(resp.StatusCode)
	if _, err := x.w.Write(body); err != nil {
		x.log.Debug("sending an answer failed", "request", x.reference, "err", err)
	}
	return v
}

// tally writes reasons with their counts as a dictionary of RFC 9651: not_explained=3, presence=15.
func tally(reasons []policy.Reason) string {
	var b strings.Builder
	for i, r := range reasons {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(r.Code) + "=" + strconv.Itoa(max(1, r.Count)))
	}
	return b.String()
}

// setPrivate forbids caches, content sniffing and referrers.
func setPrivate(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
