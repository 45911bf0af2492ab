package gateway

import (
	"context"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloison"
	"cloison/internal/phrase"
	"cloison/policy"
)

// reason is one reason of a refusal: a key of the catalogue, its parameters, and where the way out begins.
type reason struct {
	code   string
	params phrase.Params
	action string // a path of Cloison; empty when there is nothing to open
}

// problem is a refusal as a machine reads it (RFC 9457). Its extension members are reference, way_out, action and reasons.
type problem struct {
	Type      string          `json:"type"`
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	WayOut    string          `json:"way_out"`
	Reference string          `json:"reference"`
	Action    string          `json:"action,omitempty"` // the URL to go to
	Reasons   []problemReason `json:"reasons"`          // all of them, the one above first
}

type problemReason struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	WayOut string `json:"way_out"`
}

// refuse answers a refusal, in the agent's language, as a page to a person who follows a link and as a problem to a program.
func (x *exchange) refuse(status int, v verdict, reasons ...reason) verdict {
	first := reasons[0]
	say := func(r reason, part string) string { return phrase.Say(x.lang, "refusal."+r.code+"."+part, r.params) }
	p := problem{Type: x.public + "/cloison/refusals/" + first.code, Title: say(first, "title"), Status: status,
		Detail: say(first, "detail"), WayOut: say(first, "way_out"), Reference: x.reference}
	if first.action != "" {
		p.Action = x.public + first.action
	}
	for _, r := range reasons {
		p.Reasons = append(p.Reasons, problemReason{r.code, say(r, "detail"), say(r, "way_out")})
	}
	h := x.w.Header()
	private(h)
	h.Set("Cloison-Request", x.reference)
	h.Set("Content-Language", x.lang.String())
	h.Set("Vary", "Accept, Accept-Language, Sec-Fetch-Mode")
	body, kind := x.document(p)
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		x.w.Write(body) // an error here is the agent's leaving
	}
	return v
}

// document writes the problem as a page or as JSON.
func (x *exchange) document(p problem) (body []byte, contentType string) {
	if x.navigates() {
		page, err := refusalPage(x.lang, p)
		if err == nil {
			x.w.Header().Set("Content-Security-Policy", pagePolicy())
			return page, "text/html; charset=utf-8"
		}
		x.log.Error("the page of a refusal failed", "error", err)
	}
	body, err := json.Marshal(p)
	if err != nil {
		x.log.Error("a problem was not encoded", "error", err)
	}
	return body, "application/problem+json"
}

// navigates reports whether a person's browser is to show the answer itself, rather than a script to read it.
func (x *exchange) navigates() bool {
	if mode := x.r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return (x.r.Method == http.MethodGet || x.r.Method == http.MethodHead) && strings.Contains(x.r.Header.Get("Accept"), "text/html")
}

// deny answers a decision that shows nobody. A step-up is the challenge of RFC 9470.
func (x *exchange) deny(d policy.Decision) verdict {
	if len(d.Reasons) == 0 {
		return x.unrecorded(cloison.Errorf(cloison.Internal, "a decision %q without reasons", d.Verdict))
	}
	reasons := make([]reason, 0, len(d.Reasons))
	for _, r := range d.Reasons {
		reasons = append(reasons, x.words(r))
	}
	if d.Proof != "" {
		reasons[0].action = x.prove(d.Proof)
	}
	switch {
	case d.Verdict == policy.StepUp:
		x.w.Header().Set("WWW-Authenticate", challenge(d))
		return x.refuse(http.StatusUnauthorized, stepUp, reasons...)
	case d.Reasons[0].Code == policy.ClosedLedger:
		x.w.Header().Set("Retry-After", "5")
		return x.refuse(http.StatusServiceUnavailable, closedLedger, reasons...)
	}
	return x.refuse(http.StatusForbidden, denied, reasons...)
}

// challenge is the WWW-Authenticate of a step-up (RFC 9470, 3): which proof, and that it must be made now.
func challenge(d policy.Decision) string {
	wanted := policy.OwnPasskey
	if d.Proof == policy.SignInProof {
		wanted = policy.PhishingResistant
	}
	c := `Bearer error="insufficient_user_authentication", error_description="` + string(d.Reasons[0].Code) + `", acr_values="` + string(wanted) + `"`
	if d.Reasons[0].Code != policy.WeakFactor {
		c += `, max_age="0"`
	}
	return c
}

// prove is where a proof is made; it comes back to where the agent is.
func (x *exchange) prove(p policy.Proof) string {
	page := "/cloison/step-up"
	if p == policy.SignInProof {
		page = "/cloison/signin"
	}
	return page + "?return=" + url.QueryEscape(x.back())
}

// words turns a reason of policy into one of the catalogue.
func (x *exchange) words(r policy.Reason) reason {
	out := reason{code: string(r.Code), params: phrase.Params{"n": r.Limit, "limit": r.Limit, "by": r.By.String(),
		"since": r.Since.In(x.zone), "until": r.Until.In(x.zone)}}
	switch r.Code {
	case policy.TooManyRows:
		out.params["n"] = r.Count
	case policy.IsSuspended:
		if r.By == 0 {
			out.code += "_system"
		}
	case policy.NotActive:
		if r.State == policy.Pending || r.State == policy.Closed {
			out.code += "_" + string(r.State)
		}
		if r.State == policy.Pending {
			out.action = "/cloison/"
		}
	case policy.Training:
		out.action = "/cloison/training"
		if r.Course == policy.ManagersCourse {
			out.code += "_managers"
		}
		if r.Until.IsZero() {
			out.code += "_never"
		}
	}
	return out
}

// signIn sends a person to the sign-in, and tells a program to go there.
func (x *exchange) signIn() verdict {
	to := x.prove(policy.SignInProof)
	if x.navigates() {
		private(x.w.Header())
		x.w.Header().Set("Location", x.public+to)
		x.w.WriteHeader(http.StatusSeeOther)
		return signedOut
	}
	x.w.Header().Set("WWW-Authenticate", `Bearer realm="`+x.tool.name+`"`)
	return x.refuse(http.StatusUnauthorized, signedOut, reason{code: "signed_out", action: to})
}

// back is the local path that the agent comes back to after a proof: the page itself, or the page whose script asked.
func (x *exchange) back() string {
	to := x.r.URL
	if !x.navigates() {
		from, err := url.Parse(x.r.Header.Get("Referer"))
		if err != nil || from.Host != x.r.Host {
			return "/"
		}
		to = from
	}
	if !clean(to.EscapedPath()) {
		return "/" // a path such as //elsewhere.example would lead away
	}
	return to.RequestURI()
}

// unrecorded answers that nothing can be shown because nothing could be recorded, or because nobody knows whether it was.
func (x *exchange) unrecorded(err error) verdict {
	if x.r.Context().Err() == nil { // else the agent has left
		x.quiet.log(x.now(), "unrecorded", func(missed int) {
			x.log.Error("nothing was shown", "request", x.reference, "kind", cloison.KindOf(err).String(), "error", err, "missed", missed)
		})
	}
	switch cloison.KindOf(err) {
	case cloison.Unavailable, cloison.Stale, cloison.Conflict:
		x.w.Header().Set("Retry-After", "5")
		return x.refuse(http.StatusServiceUnavailable, closedLedger, reason{code: string(policy.ClosedLedger)})
	}
	return x.refuse(http.StatusInternalServerError, closedLedger, reason{code: "internal"})
}

// unreachable answers that the tool did not.
func (x *exchange) unreachable(err error) verdict {
	if x.r.Context().Err() == nil { // else the agent has left
		x.metrics.answerRefused(x.tool.name, Unreachable)
		x.quiet.log(x.now(), string(Unreachable), func(missed int) {
			x.log.Warn("the tool does not answer", "request", x.reference, "route", x.route.match, "error", err, "missed", missed)
		})
	}
	status := http.StatusBadGateway
	if errors.Is(err, context.DeadlineExceeded) {
		status = http.StatusGatewayTimeout
	}
	return x.refuse(status, toolError, reason{code: "tool_down"})
}

// toolStatus answers an error status of the tool, whose body is never passed: stack traces hold people.
func (x *exchange) toolStatus(code int) verdict {
	switch {
	case code == http.StatusNotFound, code == http.StatusGone:
		return x.refuse(http.StatusNotFound, toolError, reason{code: "tool_not_found"})
	case code == http.StatusUnauthorized, code == http.StatusProxyAuthRequired: // it does not know Cloison
		return x.refuseAnswer(fault(Status))
	case code < 500:
		return x.refuse(code, toolError, reason{code: "tool_refused", params: phrase.Params{"n": code}})
	}
	x.metrics.answerRefused(x.tool.name, Status)
	return x.refuse(http.StatusBadGateway, toolError, reason{code: "tool_failed"})
}

// refuseAnswer answers that the tool's answer is not passed; the operator's log says why and where, without a value.
func (x *exchange) refuseAnswer(f *Fault) verdict {
	x.metrics.answerRefused(x.tool.name, f.Why)
	x.quiet.log(x.now(), string(f.Why)+x.route.match, func(missed int) {
		x.log.Warn("an answer of the tool was refused", "request", x.reference, "route", x.route.match, "reason", string(f.Why),
			"path", f.Path(), "missed", missed)
	})
	return x.refuse(http.StatusBadGateway, answerRefused, reason{code: "answer_refused"})
}

// quiet keeps a fault that repeats from filling the log: one line a second for each key, which says how many it stands for.
type quiet struct {
	mu   sync.Mutex
	last map[string]*said
}

type said struct {
	at     time.Time
	missed int
}

func (q *quiet) log(now time.Time, key string, write func(missed int)) {
	q.mu.Lock()
	if q.last == nil {
		q.last = make(map[string]*said)
	}
	s := q.last[key]
	if s == nil {
		s = &said{}
		q.last[key] = s
	}
	if now.Sub(s.at).Abs() < time.Second {
		s.missed++
		q.mu.Unlock()
		return
	}
	missed := s.missed
	s.at, s.missed = now, 0
	q.mu.Unlock()
	write(missed)
}

//go:embed refusal.html
var pageText string

// pageStyle is small enough to stand in the page; the policy allows this very text and nothing else.
const pageStyle = `body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}` +
	`h1{font-size:28px;line-height:1.2}a{display:inline-block;padding:.7rem 1.2rem;border:1px solid;border-radius:6px}small{opacity:.8}`

func pagePolicy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
}

// refusalPage writes the problem for a person.
func refusalPage(l phrase.Lang, p problem) ([]byte, error) {
	t, err := template.New("refusal").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	err = t.Execute(&b, map[string]any{"Lang": l.String(), "Style": template.CSS(pageStyle), "P": p, "Others": slices.Clone(p.Reasons[1:]),
		"Reference": phrase.Say(l, "page.reference", phrase.Params{"reference": p.Reference}),
		"Continue":  phrase.Say(l, "page.continue", nil), "OtherReasons": phrase.Say(l, "page.other_reasons", nil)})
	return []byte(b.String()), err
}
