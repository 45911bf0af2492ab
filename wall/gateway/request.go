package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/rules/policy"
)

// newTransport returns the transport to a tool. It uses no proxy and adds no content coding.
func newTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  timeout,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

// checkRequest finds the route, refuses a request that the tool could read differently, and reads which fields to
// reveal.
func (x *exchange) checkRequest() ending {
	r := x.r
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	x.route = x.tool.Find(method, r.URL.EscapedPath())
	if x.route == nil {
		return x.refuse(http.StatusNotFound, badRequest, reason{code: "unknown_route"})
	}
	if r.Method == http.MethodHead && !x.route.Plain() {
		x.w.Header().Set("Allow", http.MethodGet)
		return x.refuse(http.StatusMethodNotAllowed, badRequest, reason{code: "method"})
	}
	if x.crossSite() {
		return x.refuse(http.StatusForbidden, badRequest, reason{code: "cross_site"})
	}
	bodyOfGet := method == http.MethodGet && r.ContentLength != 0
	if !cleanQuery(r.URL.RawQuery) || len(r.Header["Content-Encoding"]) > 0 || bodyOfGet {
		return x.refuse(http.StatusBadRequest, badRequest, reason{code: "bad_request"})
	}
	if r.ContentLength > x.route.MaxRequest {
		return x.refuse(http.StatusRequestEntityTooLarge, badRequest, reason{code: "too_large"})
	}
	x.person = x.route.Person(r.URL.EscapedPath())
	if x.route.NamesPerson() && x.person.Check() != nil { // an answer with this reference would be refused too
		return x.refuse(http.StatusBadRequest, badRequest, reason{code: "bad_request"})
	}
	for _, list := range r.Header["Cloison-Reveal"] {
		for name := range strings.SplitSeq(list, ",") {
			field, err := cloison.ParseField(strings.TrimSpace(name))
			if err != nil || x.route.Operation != policy.Read {
				return x.refuse(http.StatusBadRequest, badRequest, reason{code: "reveal"})
			}
			x.reveal |= field
		}
	}
	return ""
}

// crossSite reports whether another site's page made the request (Fetch Metadata). A link to a plain route is allowed.
// A link to a route that holds persons is not: a hostile page could open strangers' files in a popup, and get the agent
// cut for the attempts.
func (x *exchange) crossSite() bool {
	site, mode := x.r.Header.Get("Sec-Fetch-Site"), x.r.Header.Get("Sec-Fetch-Mode")
	foreign := site == "cross-site" || site == "same-site"
	switch {
	case x.r.Method != http.MethodGet && x.r.Method != http.MethodHead:
		return foreign || http.NewCrossOriginProtection().Check(x.r) != nil
	case !x.route.Plain():
		return foreign
	}
	return site == "cross-site" && mode != "navigate"
}

// cleanQuery reports whether a query is printable ASCII without a fragment, and parses.
func cleanQuery(q string) bool {
	if q == "" {
		return true
	}
	for i := range len(q) {
		if q[i] <= ' ' || q[i] >= 0x7f || q[i] == '#' {
			return false
		}
	}
	_, err := url.ParseQuery(q)
	return err == nil
}

// askTool sends the tool its copy of the request. When the ending is not empty, the agent has its answer.
func (x *exchange) askTool(ctx context.Context) (*http.Response, ending) {
	header, err := x.toolHeader()
	if err != nil {
		return nil, x.refuseUnrecorded(err)
	}
	u, to := x.r.URL, x.tool.Upstream
	out := (&http.Request{
		Method:     x.r.Method,
		URL:        &url.URL{Scheme: to.Scheme, Host: to.Host, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery},
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     header,
		Host:       to.Host,
	}).WithContext(ctx)
	if x.r.ContentLength != 0 {
		out.Body = http.MaxBytesReader(x.w, x.r.Body, x.route.MaxRequest)
		out.ContentLength = x.r.ContentLength
	}
	resp, err := x.transport.RoundTrip(out)
	if err == nil {
		return resp, ""
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, x.refuse(http.StatusRequestEntityTooLarge, badRequest, reason{code: "too_large"})
	}
	return nil, x.refuseUnreachable(err)
}

// passing lists the request headers that reach a tool unchanged. What is neither here nor in the tool's own list does
// not: credentials, Cloison's cookies, hop-by-hop headers, forwarding claims, method overrides, conditions and ranges.
func passing() []string {
	return []string{"Accept", "Accept-Language", "Content-Type", "Idempotency-Key", "Traceparent", "User-Agent",
		"X-Requested-With"}
}

// passingPlain lists further headers for answers that hold no person.
func passingPlain() []string {
	return []string{"Accept-Encoding", "If-Modified-Since", "If-None-Match", "If-Range", "Range"}
}

// toolHeader makes the headers of the tool's copy of the request.
func (x *exchange) toolHeader() (http.Header, error) {
	assertion, err := x.signer.Assert(x.tool.Name, AssertedAgent{Account: x.caller.Agent.Account,
		Structure: x.caller.Structure, Roles: x.caller.Roles, Assurance: x.caller.Agent.Session.Assurance})
	if err != nil {
		return nil, err
	}
	in, out := x.r.Header, make(http.Header, 8)
	copyHeader(out, in, passing())
	copyHeader(out, in, x.tool.Headers)
	if x.route.Plain() {
		copyHeader(out, in, passingPlain())
	} else {
		out["Accept"] = []string{"application/json"}
		out["Accept-Encoding"] = []string{"identity"}
	}
	out[AssertionHeader] = []string{assertion}
	out["Cloison-Request"] = []string{x.reference}
	if len(x.tool.Cookies) > 0 {
		for _, c := range x.r.Cookies() {
			if slices.Contains(x.tool.Cookies, c.Name) {
				out.Add("Cookie", c.Name+"="+c.Value)
			}
		}
	}
	if out["User-Agent"] == nil {
		out["User-Agent"] = []string{""} // else the transport adds its own
	}
	return out, nil
}

// copyHeader copies the named headers; names are canonical.
func copyHeader(to, from http.Header, names []string) {
	for _, name := range names {
		if v := from[name]; len(v) > 0 {
			to[name] = v
		}
	}
}
