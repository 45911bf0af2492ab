package gateway

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cloison/rules/policy"
	"cloison/wall/mapping"
)

// readAnswer reads the whole answer of the tool into the workspace. When the ending is not empty, the agent has its
// answer.
func (x *exchange) readAnswer(resp *http.Response, d *workspace) ending {
	switch code := resp.StatusCode; {
	case code == http.StatusOK, code == http.StatusCreated, code == http.StatusAccepted:
	case code == http.StatusNoContent:
		if v := x.decideMissing(); v != "" {
			return v
		}
		setPrivate(x.w.Header())
		x.w.WriteHeader(code)
		return shown
	case code >= 300 && code < 400 && code != http.StatusNotModified && x.route.Operation == policy.Write:
		return x.passRedirect(resp)
	case code >= 400:
		drain(resp.Body)
		if tellsExistence(code) {
			if v := x.decideMissing(); v != "" {
				return v
			}
		}
		return x.refuseToolStatus(code)
	default: // a redirect can tell who exists; a partial or unmodified answer was not read whole
		return x.refuseFault(mapping.Status)
	}
	if !identityJSON(resp.Header) {
		return x.refuseFault(mapping.NotJSON)
	}
	if resp.ContentLength > x.route.MaxAnswer {
		return x.refuseFault(mapping.TooLarge)
	}
	var err error
	d.answer, err = readAll(d.answer[:0], resp.Body, resp.ContentLength, x.route.MaxAnswer)
	switch {
	case err == errTooLarge:
		return x.refuseFault(mapping.TooLarge)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return x.refuseUnreachable(err)
	case err != nil:
		return x.refuseFault(mapping.Truncated)
	}
	return ""
}

var errTooLarge = errors.New("more bytes than the limit")

// readAll appends all of r to b, at most limit bytes.
func readAll(b []byte, r io.Reader, length, limit int64) ([]byte, error) {
	b = slices.Grow(b, int(max(length, 4096))+1) // one more, to find the end without growing
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > limit:
			return b, errTooLarge
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, err
		case len(b) == cap(b):
			b = slices.Grow(b, len(b))
		}
	}
}

// identityJSON reports whether the answer declares JSON in UTF-8 without a content coding.
func identityJSON(h http.Header) bool {
	for _, coding := range h["Content-Encoding"] {
		if !strings.EqualFold(coding, "identity") {
			return false
		}
	}
	types := h["Content-Type"]
	if len(types) != 1 {
		return false
	}
	if types[0] == "application/json" {
		return true
	}
	media, params, err := mime.ParseMediaType(types[0])
	charset, has := params["charset"]
	return err == nil && media == "application/json" && (!has || strings.EqualFold(charset, "utf-8"))
}

// passPlain streams the answer of a plain route.
func (x *exchange) passPlain(resp *http.Response) ending {
	switch code := resp.StatusCode; {
	case code >= 300 && code < 400 && code != http.StatusNotModified:
		return x.passRedirect(resp)
	case code >= 400:
		return x.refuseToolStatus(code)
	case code < 200:
		return x.refuseFault(mapping.Status)
	}
	h := x.w.Header()
	copyHeader(h, resp.Header, []string{"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding",
		"Content-Language", "Content-Length", "Content-Range", "Content-Security-Policy", "Content-Type",
		"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Etag", "Expires", "Last-Modified",
		"Permissions-Policy", "Referrer-Policy", "Vary", "X-Content-Type-Options", "X-Frame-Options"})
	if h.Get("Cache-Control") == "" || strings.Contains(h.Get("Cache-Control"), "public") {
		h.Set("Cache-Control", "private, no-cache") // the answer is for signed-in agents only
	}
	x.passCookies(resp)
	x.w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(x.w, resp.Body); err != nil {
		panic(http.ErrAbortHandler) // close the connection, so that the agent sees that the answer is cut short
	}
	return plainPassed
}

// passRedirect passes a redirect to another path of the same tool, without its body.
func (x *exchange) passRedirect(resp *http.Response) ending {
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" || to.User != nil || to.Opaque != "" {
		return x.refuseFault(mapping.Location)
	}
	here := url.URL{Path: x.r.URL.Path, RawPath: x.r.URL.RawPath}
	to = here.ResolveReference(to)
	if to.Host != "" && to.Host != x.tool.Upstream.Host || !mapping.CleanPath(to.EscapedPath()) || !cleanQuery(to.RawQuery) {
		return x.refuseFault(mapping.Location)
	}
	local := url.URL{Path: to.Path, RawPath: to.RawPath, RawQuery: to.RawQuery}
	x.passCookies(resp)
	setPrivate(x.w.Header())
	x.w.Header().Set("Location", local.String())
	x.w.WriteHeader(resp.StatusCode)
	return plainPassed
}

// passCookies passes the cookies that the mapping names, for this host alone.
func (x *exchange) passCookies(resp *http.Response) {
	if len(x.tool.Cookies) == 0 {
		return
	}
	for _, c := range resp.Cookies() {
		if slices.Contains(x.tool.Cookies, c.Name) {
			c.Domain, c.HttpOnly, c.Secure = "", true, true
			if c.SameSite != http.SameSiteStrictMode {
				c.SameSite = http.SameSiteLaxMode
			}
			http.SetCookie(x.w, c)
		}
	}
}
