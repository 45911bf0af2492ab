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

// reason is one reason of a refusal: a key of the catalogue, its parameters, and where the way out begins.
type reason struct {
	code   string
	params i18n.Params
	action string // a path of Cloison; empty when there is nothing to open
}

// problem is a refusal as a machine reads it (RFC 9457). Its extension members are reference, way_out, action and
// reasons.
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

// refuse answers a refusal, in the agent's language, as a page to a person who follows a link and as a problem to a
// program.
func (x *exchange) refuse(status int, v ending, reasons ...reason) ending {
	first := reasons[0]
	say := func(r reason, part string) string {
		return i18n.Say(x.lang, i18n.Key("refusal."+r.code+"."+part), r.params)
	}
	p := problem{Type: x.public + "/cloison/refusals/" + first.code, Title: say(first, "title"), Status: status,
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
		x.w.Write(body) // an error here is the agent's leaving
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
		x.log.Error("the page of a refusal failed", "error", err)
	}
	body, err := json.Marshal(p)
	if err != nil {
		x.log.Error("a problem was not encoded", "error", err)
	}
	return body, "application/problem+json"
}

// navigates reports whether a person's browser is to show the answer itself, rather than a script to read it.
func (x *exchange) isNavigation() bool {
	if mode := x.r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	looks := x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
	return looks && strings.Contains(x.r.Header.Get("Accept"), "text/html")
}

// unrecorded answers that nothing can be shown because nothing could be recorded, or because nobody knows whether it
// was.
func (x *exchange) refuseUnrecorded(err error) ending {
	if x.r.Context().Err() == nil { // else the agent has left
		x.throttle.log(x.now(), "unrecorded", func(missed int) {
			x.log.Error("nothing was shown", "request", x.reference, "kind", cloison.KindOf(err).String(),
				"error", err, "missed", missed)
		})
	}
	switch cloison.KindOf(err) {
	case cloison.Unavailable, cloison.Stale, cloison.Conflict:
		x.w.Header().Set("Retry-After", "5")
		return x.refuse(http.StatusServiceUnavailable, ledgerUnavailable, reason{code: string(policy.LedgerUnavailable)})
	}
	return x.refuse(http.StatusInternalServerError, ledgerUnavailable, reason{code: "internal"})
}

// unreachable answers that the tool did not.
func (x *exchange) refuseUnreachable(err error) ending {
	if x.r.Context().Err() == nil { // else the agent has left
		x.metrics.answerRefused(x.tool.Name, mapping.Unreachable)
		x.throttle.log(x.now(), string(mapping.Unreachable), func(missed int) {
			x.log.Warn("the tool does not answer", "request", x.reference, "route", x.route.Match,
				"error", failure(err), "missed", missed)
		})
	}
	status := http.StatusBadGateway
	if errors.Is(err, context.DeadlineExceeded) {
		status = http.StatusGatewayTimeout
	}
	return x.refuse(status, toolError, reason{code: "tool_down"})
}

// failure says how a tool failed, and nothing that it sent: net/http quotes the headers that it cannot read, and a name
// may be in them.
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

// toolStatus answers an error status of the tool, whose body is never passed: stack traces hold people.
func (x *exchange) refuseToolStatus(code int) ending {
	switch {
	case code == http.StatusNotFound, code == http.StatusGone:
		return x.refuse(http.StatusNotFound, toolError, reason{code: "tool_not_found"})
	case code == http.StatusUnauthorized, code == http.StatusProxyAuthRequired: // it does not know Cloison
		return x.refuseFault(mapping.Status)
	case code < 500:
		return x.refuse(code, toolError, reason{code: "tool_refused", params: i18n.Params{"n": code}})
	}
	x.metrics.answerRefused(x.tool.Name, mapping.Status)
	return x.refuse(http.StatusBadGateway, toolError, reason{code: "tool_failed"})
}

// refuseAnswer answers that the tool's answer is not passed; the operator's log says why and where, without a value.
func (x *exchange) refuseAnswer(f *mapping.Fault) ending {
	x.metrics.answerRefused(x.tool.Name, f.Kind)
	x.throttle.log(x.now(), string(f.Kind)+x.route.Match, func(missed int) {
		x.log.Warn("an answer of the tool was refused", "request", x.reference, "route", x.route.Match,
			"reason", string(f.Kind), "path", f.Path(), "missed", missed)
	})
	return x.refuse(http.StatusBadGateway, answerRefused, reason{code: "answer_refused"})
}

// refuseFault is refuseAnswer for what is wrong with the answer as a whole.
func (x *exchange) refuseFault(kind mapping.FaultKind) ending {
	return x.refuseAnswer(&mapping.Fault{Kind: kind})
}
