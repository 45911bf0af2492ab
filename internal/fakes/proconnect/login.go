package proconnect

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	cookieName  = "pc_session_id"
	maxFailures = 10
)

// login is the pages that a person sees.
type login struct {
	provider *Provider
	pages    *pages
}

// authorize checks what ProConnect checks before the protocol does, and reads what the protocol library does not.
func (l *login) authorize(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		l.pages.refuse(w, r, http.StatusBadRequest, "Y000400", "La demande est illisible.")
		return
	}
	for name := range r.Form {
		if !slices.Contains(parameters(), name) {
			l.pages.refuse(w, r, http.StatusBadRequest, "Y000400", "Le paramètre « "+name+" » n’est pas attendu.")
			return
		}
	}
	if slices.Contains(strings.Fields(r.Form.Get("prompt")), "select_account") {
		l.pages.refuse(w, r, http.StatusBadRequest, "Y000400", "La valeur « select_account » de « prompt » n’est pas acceptée.")
		return
	}
	if r.Form.Get("code_challenge") != "" && r.Form.Get("code_challenge_method") != "S256" {
		l.deny(w, r, r.Form, "invalid_request", "not supported value of code_challenge_method")
		return
	}
	want, err := readWanted(r.Form.Get("claims"), r.Form.Get("acr_values"))
	if err != nil {
		l.deny(w, r, r.Form, "invalid_request", "could not parse the claims parameter JSON")
		return
	}
	ctx := context.WithValue(r.Context(), hintsKey{}, hints{want, r.Form.Get("idp_hint")})
	l.provider.op.ServeHTTP(w, r.WithContext(ctx))
}

func parameters() []string {
	return []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "claims", "acr_values", "prompt",
		"login_hint", "idp_hint", "siret_hint", "code_challenge", "code_challenge_method", "response_mode"}
}

// deny sends an error back to the service, if the request names one that is registered.
func (l *login) deny(w http.ResponseWriter, r *http.Request, in url.Values, code, description string) {
	c, ok := l.provider.opts.client(in.Get("client_id"))
	target, err := url.Parse(in.Get("redirect_uri"))
	if !ok || err != nil || !slices.Contains(c.RedirectURIs, in.Get("redirect_uri")) {
		l.pages.refuse(w, r, http.StatusBadRequest, "Y000400", "Le service ou son adresse de retour n’est pas connu.")
		return
	}
	q := target.Query()
	q.Set("error", code)
	q.Set("error_description", description)
	if state := in.Get("state"); state != "" {
		q.Set("state", state)
	}
	target.RawQuery = q.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (l *login) denyRequest(w http.ResponseWriter, r *http.Request, q request, code, description string) {
	l.deny(w, r, url.Values{"client_id": {q.in.ClientID}, "redirect_uri": {q.in.RedirectURI}, "state": {q.in.State}}, code,
		description)
}

// show begins an interaction: it reuses the single sign-on session if it may, else asks for the e-mail.
func (l *login) show(w http.ResponseWriter, r *http.Request) {
	q, err := l.provider.storage.request(r.PathValue("id"))
	if err != nil || q.done {
		l.pages.expired(w, r)
		return
	}
	if x, ok := l.reusable(r, q); ok {
		if current, ok := l.provider.storage.people.find(x.account.Email); ok && current.Blocked {
			l.blocked(w, r)
			return
		}
		l.finish(w, r, q, x)
		return
	}
	if slices.Contains(q.in.Prompt, "none") {
		l.denyRequest(w, r, q, "login_required", "End-User authentication is required")
		return
	}
	l.pages.show(w, r, http.StatusOK, "courriel", form{Interaction: q.id, Email: q.email})
}

// reusable returns the browser's session if it is worth what the request asks.
func (l *login) reusable(r *http.Request, q request) (session, bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return session{}, false
	}
	x, ok := l.provider.storage.session(cookie.Value)
	switch {
	case !ok, slices.Contains(q.in.Prompt, "login"), q.wanted.fresh(), !q.wanted.satisfied(x.acr):
		return session{}, false
	case q.in.LoginHint != "" && !strings.EqualFold(q.in.LoginHint, x.account.Email):
		return session{}, false
	case q.idpHint != "" && q.idpHint != x.account.IdP:
		return session{}, false
	}
	return x, true
}

// answer takes what the person typed: e-mail, password, code, one at a time or all at once.
func (l *login) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	people, id := l.provider.storage.people, r.PathValue("id")
	email, code := strings.TrimSpace(r.PostFormValue("email")), strings.TrimSpace(r.PostFormValue("code"))
	password := r.PostFormValue("password")
	q, err := l.provider.storage.change(id, func(q *request) {
		if email != "" && !strings.EqualFold(email, q.email) {
			q.email, q.password, q.mailed = email, false, ""
		}
	})
	if err != nil || q.failures >= maxFailures {
		l.pages.expired(w, r)
		return
	}
	f := form{Interaction: id, Email: q.email}
	account, ok := people.find(q.email)
	switch {
	case q.email == "":
		f.Error = "Saisissez votre adresse professionnelle."
		l.pages.show(w, r, http.StatusOK, "courriel", f)
		return
	case !ok, q.idpHint != "" && q.idpHint != account.IdP:
		f.Error = "Aucun compte ne correspond à cette adresse."
		l.pages.show(w, r, http.StatusOK, "courriel", f)
		return
	case account.Blocked:
		l.blocked(w, r)
		return
	}
	f.Provider = providerName(account.IdP)
	if !q.password {
		if !r.PostForm.Has("password") {
			l.pages.show(w, r, http.StatusOK, "motdepasse", f)
			return
		}
		if account.Password != "" && !same(password, account.Password) {
			l.failed(id)
			f.Error = "Mot de passe incorrect."
			l.pages.show(w, r, http.StatusOK, "motdepasse", f)
			return
		}
		if q, err = l.provider.storage.change(id, func(q *request) { q.password = true }); err != nil {
			l.pages.expired(w, r)
			return
		}
	}
	l.factor(w, r, q, account, f, code)
}

// factor completes a login whose password was right.
func (l *login) factor(w http.ResponseWriter, r *http.Request, q request, account Account, f form, code string) {
	next, acr, amr, err := q.wanted.next(account)
	if err != nil {
		l.denyRequest(w, r, q, "access_denied", err.Error())
		return
	}
	expected := account.Key
	switch next {
	case stepKey:
		f.Key = true
	case stepMail:
		if expected = q.mailed; expected == "" {
			sent := l.provider.storage.people.send(account.Email)
			if _, err := l.provider.storage.change(q.id, func(q *request) { q.mailed = sent }); err != nil {
				l.pages.expired(w, r)
				return
			}
			code = ""
		}
	}
	if next != stepDone && (code == "" || !same(code, expected)) {
		if code != "" {
			l.failed(q.id)
			f.Error = "Code incorrect."
		}
		l.pages.show(w, r, http.StatusOK, "code", f)
		return
	}
	x := session{account: account, acr: acr, amr: amr, at: l.provider.opts.Now(), sid: rand.Text()}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: l.provider.storage.open(x), Path: basePath, HttpOnly: true,
		Secure: strings.HasPrefix(l.provider.opts.Issuer, "https:"), SameSite: http.SameSiteLaxMode, MaxAge: int(ssoLife.Seconds())})
	l.finish(w, r, q, x)
}

// finish marks the request as answered by the session and goes on to the service.
func (l *login) finish(w http.ResponseWriter, r *http.Request, q request, x session) {
	_, err := l.provider.storage.change(q.id, func(q *request) {
		q.done, q.account, q.acr, q.amr, q.at, q.sid = true, x.account, x.acr, x.amr, x.at, x.sid
	})
	if err != nil {
		l.pages.expired(w, r)
		return
	}
	http.Redirect(w, r, l.provider.opts.Issuer+"/authorize/callback?id="+url.QueryEscape(q.id), http.StatusFound)
}

func (l *login) failed(id string) {
	l.provider.storage.change(id, func(q *request) { q.failures++ }) // an unknown request has nothing to count
}

func (l *login) blocked(w http.ResponseWriter, r *http.Request) {
	l.pages.refuse(w, r, http.StatusForbidden, "Y500024", "Votre compte est bloqué par ProConnect. Écrivez à l’assistance "+
		"de votre organisation.")
}

// end is the library's logout, and the browser's session ends. Other services are not told.
func (l *login) end(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		l.provider.storage.close(cookie.Value)
		http.SetCookie(w, &http.Cookie{Name: cookieName, Path: basePath, HttpOnly: true, MaxAge: -1})
	}
	l.provider.op.ServeHTTP(w, r)
}

func (l *login) ended(w http.ResponseWriter, r *http.Request) {
	l.pages.show(w, r, http.StatusOK, "fin", form{})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
