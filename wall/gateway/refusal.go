package gateway

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"cloison"
	"cloison/internal/i18n"
	"cloison/rules/policy"
	"cloison/wall/mapping"
)

// refusalCode is the stable name of a reason, in the catalogue and in the problem's JSON. A policy.ReasonCode is one
// too.
type refusalCode string

// reason is one reason of a refusal: its code, the parameters of its sentences, and where the way out begins.
type reason struct {
	code   refusalCode
	params i18n.Params
	action string // a path of Cloison; empty when there is no page to open
}

// problem is a refusal for a program (RFC 9457). Its extension members are reference, way_out, action and reasons.
type problem struct {
	Type      string          `json:"type"`
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	WayOut    string          `json:"way_out"`
	Reference string          `json:"reference"`
	Action    string          `json:"action,omitempty"` // the URL where the way out begins
	Reasons   []problemReason `json:"reasons"`          // all of them; Detail is the first one's
}

type problemReason struct {
	Code   refusalCode `json:"code"`
	Detail string      `json:"detail"`
	WayOut string      `json:"way_out"`
}

// refuse answers with a refusal in the agent's language: a page for a browser's navigation, a problem for a program.
func (x *exchange) refuse(status int, v ending, reasons ...reason) ending {
	first := reasons[0]
	say := func(r reason, part string) string {
		return i18n.Say(x.lang, i18n.Key("refusal."+string(r.code)+"."+part), r.params)
	}
	p := problem{Type: x.public + "/cloison/refusals/" + string(first.code), Title: say(first, "title"), Status: status,
		Detail: say(first, "detail"), WayOut: say(first, "way_out"), Reference: x.reference}
	if first.action != "" {
		p.Action = x.public + first.action
	}
	for _, r := range reasons {
		p.Reasons = append(p.Reasons, problemReason{r.code, say(r, "detail"), say(r, "way_out")})
	}
	h := x.w.Header()
	setPrivate(h)
	h.Set("Cloison-Request", x.reference)
	h.Set("Content-Language", x.lang.String())
	h.Set("Vary", "Accept, Accept-Language, Sec-Fetch-Mode")
	body, kind := x.document(p)
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		x.w.Write(body) // it fails when the agent has left
	}
	return v
}

// document writes the problem as a page or as JSON.
func (x *exchange) document(p problem) (body []byte, contentType string) {
	if x.isNavigation() {
		page, err := refusalPage(x.lang, p)
		if err == nil {
			x.w.Header().Set("Content-Security-Policy", pagePolicy())
			return page, "text/html; charset=utf-8"
		}
		x.log.Error("rendering a refusal page failed", "err", err)
	}
	body, err := json.Marshal(p)
	if err != nil {
		x.log.Error("encoding a problem failed", "err", err)
	}
	return body, "application/problem+json"
}

// isNavigation reports whether a browser will show the answer as a page, rather than give it to a script.
func (x *exchange) isNavigation() bool {
	if mode := x.r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	looks := x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
	return looks && strings.Contains(x.r.Header.Get("Accept"), "text/html")
}

// refuseUnrecorded answers that nothing is shown because nothing was recorded, or because the outcome is unknown.
func (x *exchange) refuseUnrecorded(err error) ending {
	if x.r.Context().Err() == nil { // else the agent has left
		x.throttle.log(x.now(), "unrecorded", func(missed int) {
			x.log.Error("recording a disclosure failed", "request", x.reference, "kind", cloison.KindOf(err).String(),
				"err", err, "missed", missed)
		})
	}
	switch cloison.KindOf(err) {
	case cloison.Unavailable, cloison.Stale, cloison.Conflict:
		x.w.Header().Set("Retry-After", "5")
		return x.refuse(http.StatusServiceUnavailable, ledgerUnavailable, reason{code: refusalCode(policy.LedgerUnavailable)})
	}
	return x.refuse(http.StatusInternalServerError, ledgerUnavailable, reason{code: "internal"})
}

// refuseUnreachable answers that the tool does not answer.
func (x *exchange) refuseUnreachable(err error) ending {
	if x.r.Context().Err() == nil { // else the agent has left
		x.metrics.answerRefused(x.tool.Name, mapping.Unreachable)
		x.throttle.log(x.now(), string(mapping.Unreachable), func(missed int) {
			x.log.Warn("the tool does not answer", "request", x.reference, "route", x.route.Match,
				"err", failure(err), "missed", missed)
		})
	}
	status := http.StatusBadGateway
	if errors.Is(err, context.DeadlineExceeded) {
		status = http.StatusGatewayTimeout
	}
	return x.refuse(status, toolError, reason{code: "tool_down"})
}

// failure says how a tool failed, without anything that it sent: net/http quotes headers that it cannot read, and they
// may hold a name.
func failure(err error) string {
	var network net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &network):
		return network.Error()
	case errors.As(err, &certificate):
		return certificate.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closed the connection"
	}
	return "its answer is not HTTP, or the connection broke"
}

// refuseToolStatus answers for an error status of the tool. The body is never passed: it may hold a stack trace, and
// that a person's data.
func (x *exchange) refuseToolStatus(code int) ending {
	switch {
	case code == http.StatusNotFound, code == http.StatusGone:
		return x.refuse(http.StatusNotFound, toolError, reason{code: "tool_not_found"})
	case code == http.StatusUnauthorized, code == http.StatusProxyAuthRequired: // it does not accept the assertion
		return x.refuseFault(mapping.Status)
	case code < 500:
		return x.refuse(code, toolError, reason{code: "tool_refused", params: i18n.Params{"n": code}})
	}
	x.metrics.answerRefused(x.tool.Name, mapping.Status)
	return x.refuse(http.StatusBadGateway, toolError, reason{code: "tool_failed"})
}

// refuseAnswer answers that the tool's answer is not passed. The log says why and where, without a value.
func (x *exchange) refuseAnswer(f *mapping.Fault) ending {
	x.metrics.answerRefused(x.tool.Name, f.Kind)
	x.throttle.log(x.now(), string(f.Kind)+x.route.Match, func(missed int) {
		x.log.Warn("the tool's answer is refused", "request", x.reference, "route", x.route.Match,
			"reason", string(f.Kind), "path", f.Path(), "missed", missed)
	})
	return x.refuse(http.StatusBadGateway, answerRefused, reason{code: "answer_refused"})
}

// refuseFault is refuseAnswer for a fault of the whole answer.
func (x *exchange) refuseFault(kind mapping.FaultKind) ending {
	return x.refuseAnswer(&mapping.Fault{Kind: kind})
}
