package signin

import (
	"net/http"
	"net/url"
	"strings"

	"cloison"
)

// Authorize starts a sign-in and returns where to send the browser. It stores nothing, so that a million requests fill
// nothing. A cookie ties the sign-in to this browser; the sign-ins of several tabs share it. back is where the browser
// goes afterwards: a local path; anything else becomes "/".
func (s *Signin) Authorize(w http.ResponseWriter, r *http.Request, back string) (string, error) {
	o, err := s.originOf(r)
	if err != nil {
		return "", err
	}
	p, err := s.provider.Provider(r.Context())
	if err != nil {
		return "", err
	}
	browser, ok := cookieValue(r, o, flowCookie)
	if !ok {
		browser = secret()
	}
	request, err := s.sealer.Begin(browser, LocalPath(back), s.now())
	if err != nil {
		return "", err
	}
	setCookie(w, o, flowCookie, browser, int(flowLife.Seconds()))
	return s.provider.AuthorizeURL(p, request, o.callback()), nil
}

// LocalPath returns path if a browser that is sent there stays on the host that sent it, else "/". Browsers read a
// backslash as a slash and drop tabs and line ends (WHATWG URL), so none may be in it. Nor may it begin another
// sign-in.
func LocalPath(path string) string {
	const home = "/"
	if len(path) == 0 || len(path) > 2048 || path[0] != '/' || strings.HasPrefix(path, "//") {
		return home
	}
	for i := range len(path) {
		if path[i] <= ' ' || path[i] == '\\' || path[i] >= 0x7f {
			return home
		}
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || strings.HasPrefix(u.Path, "//") {
		return home
	}
	for _, loop := range []string{"signin", "callback", "signout"} {
		if u.Path == Prefix+loop {
			return home
		}
	}
	return path
}

// Cookies hold 43 characters of base64; other values are ignored. On https their names begin with __Host-: the
// browser then takes them from this very host alone, by https, for all its paths (RFC 6265bis, section 4.1.3.2).
const (
	sessionCookie = "cloison"
	flowCookie    = "cloison-flow"
)

func cookieName(o origin, name string) string {
	if !o.secure {
		return name
	}
	if name == sessionCookie {
		return "__Host-" + sessionCookie // no allocation on the gateway's path
	}
	return "__Host-" + name
}

func cookieValue(r *http.Request, o origin, name string) (string, bool) {
	c, err := r.Cookie(cookieName(o, name))
	if err != nil || len(c.Value) != 43 {
		return "", false
	}
	return c.Value, true
}

// setCookie sets a cookie for that many seconds; 0: until the browser closes; negative: deletes the cookie.
func setCookie(w http.ResponseWriter, o origin, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(o, name), Value: value, Path: "/", MaxAge: seconds,
		Secure: o.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// SetToken gives the browser a session's new token, as FinishAct returns it.
func (s *Signin) SetToken(w http.ResponseWriter, r *http.Request, token cloison.Secret) error {
	o, err := s.originOf(r)
	if err == nil {
		setCookie(w, o, sessionCookie, token.Reveal(), 0)
	}
	return err
}
