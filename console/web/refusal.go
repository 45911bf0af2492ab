package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/access/training"
	"cloison/internal/i18n"
)

// refused is an error with the code of its words.
type refused struct {
	code   Reason
	params i18n.Params
	wrong  []Fault // the fields of the form that are wrong
}

func (r *refused) Error() string { return "refused: " + string(r.code) }

// Reason is the code of a refusal: its words are refusal.CODE of the catalogue.
type Reason string

// Refuse is an error of a kind with the code of its words.
func Refuse(k cloison.Kind, code Reason, params ...i18n.Params) error {
	r := &refused{code: code}
	if len(params) > 0 {
		r.params = params[0]
	}
	return &cloison.Error{Kind: k, Err: r}
}

// asRefusal finds a refusal in an error; a field that a stage says is wrong is one too.
func asRefusal(err error) (r *refused, ok bool) {
	if errors.As(err, &r) {
		return r, true
	}
	var field cloison.BadField
	if errors.As(err, &field) {
		return asRefusal(BadField(string(field)))
	}
	return nil, false
}

// reasonOf finds the words for an error: a refusal's own, signin's or the directory's reason, else those of its kind.
func reasonOf(err error) (Reason, i18n.Params) {
	if r, ok := asRefusal(err); ok {
		return r.code, r.params
	}
	if reason := refusal.ReasonOf(err); reason != refusal.Fault {
		return Reason(reason), nil
	}
	var bar training.DenyReason
	if errors.As(err, &bar) {
		return Reason(bar), nil
	}
	var gone directory.MergedAway
	if errors.As(err, &gone) {
		return "merged_away", i18n.Params{"from": string(gone.From), "into": string(gone.Into)}
	}
	switch cloison.KindOf(err) {
	case cloison.NotFound:
		return "not_found", nil
	case cloison.Stale:
		return "stale", nil
	case cloison.Conflict:
		return "conflict", nil
	case cloison.Denied:
		return "no_role", nil
	}
	return "internal", nil
}

// problem is a refusal as a machine reads it (RFC 9457), with the members of the gateway's problems.
type problem struct {
	Type      string `json:"type"` // ends in the reason code
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	WayOut    string `json:"way_out"`
	Reference string `json:"reference"`
	Action    string `json:"action,omitempty"` // the path to go to

	code string
}

// SayRefusal says a part of a refusal, in the console's words or in those that all stages share.
func (s *Site) SayRefusal(l i18n.Lang, code, part string, p i18n.Params) string {
	key := Family("refusal.").Of(code + "." + part)
	if s.words.Has(key) {
		return s.Speak(l, key, p)
	}
	return i18n.Say(l, key, p)
}

// Knows reports whether there are words for a refusal.
func (s *Site) Knows(code string) bool {
	key := Family("refusal.").Of(code + ".title")
	return s.words.Has(key) || i18n.Has(key)
}

func (s *Site) problem(l i18n.Lang, status int, code string, p i18n.Params) problem {
	if !s.Knows(code) {
		code = "internal"
	}
	return problem{Type: s.URL + "/cloison/refusals/" + code, Title: s.SayRefusal(l, code, "title", p), Status: status,
		Detail: s.SayRefusal(l, code, "detail", p), WayOut: s.SayRefusal(l, code, "way_out", p), Reference: rand.Text()[:16], code: code}
}

// Fail answers an error: a redirection to where it can be mended, a page, or a problem. The operator's log has the
// reference.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	reason, params := reasonOf(err)
	code := string(reason)
	status := refusal.ProblemOf(err).Status
	if code == string(refusal.PasskeyNeeded) {
		status = http.StatusUnauthorized
	}
	p := s.problem(LanguageOf(r), status, code, params)
	if said, ok := asRefusal(err); ok && code == "field" {
		if key := Family("fault.").Of(said.wrong[0].Field); s.words.Has(key) {
			p.Detail = s.Speak(LanguageOf(r), key, nil)
		}
	}
	switch code {
	case string(refusal.SignedOut):
		p.Action = "/cloison/signin?return=" + url.QueryEscape(s.back(r))
	case string(refusal.PasskeyNeeded):
		p.Action = "/cloison/presence?return=" + url.QueryEscape(s.back(r))
	case string(refusal.NoAccount):
		p.Action = "/cloison/enrolement"
	case string(refusal.PasskeyNone), string(refusal.PasskeyNotOpen):
		p.Action = "/cloison/"
	case string(directory.CourseExpired), string(training.TooMany):
		p.Action = CoursesPath
	}
	if r.Method == http.MethodGet && !WantsJSON(r) && (code == string(refusal.SignedOut) || code == string(refusal.NotActive)) {
		if to, ok := s.stopped(r); ok {
			p.Action = to
		}
	}
	if p.Action != "" && r.Method == http.MethodGet && !WantsJSON(r) {
		w.Header().Set("Location", p.Action)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	level := s.Log.InfoContext
	if status >= 500 {
		level = s.Log.ErrorContext
	}
	level(r.Context(), "refused", "route", r.Pattern, "reason", code, "reference", p.Reference, "err", err)
	s.answer(w, r, p)
}

// RefuseSignin answers signin's refusals in the console's words; it is a signin.Refuser.
func (s *Site) RefuseSignin(w http.ResponseWriter, r *http.Request, said refusal.Problem) {
	p := s.problem(LanguageOf(r), said.Status, string(said.Reason), nil)
	switch said.Reason {
	case refusal.SignedOut, refusal.FlowUnknown, refusal.FlowOtherBrowser, refusal.LoginRequired:
		p.Action = "/cloison/signin?return=%2F"
	}
	s.answer(w, r, p)
}

// answer writes the problem: a page for a reader, JSON for a program.
func (s *Site) answer(w http.ResponseWriter, r *http.Request, p problem) {
	if r.Method != http.MethodHead && !WantsJSON(r) {
		view := &refusalView{Problem: p}
		if r.Method == http.MethodPost {
			view.Back = s.back(r)
		}
		s.Show(w, r, p.Status, "refusal", Viewer{}, view)
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "encoding a problem failed", "err", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", LanguageOf(r).String())
	w.WriteHeader(p.Status)
	w.Write(body) // the client is gone if this fails
}

// refusalView is the page of a problem.
type refusalView struct {
	Problem problem
	Back    string // the page whose form was sent
}

func (v *refusalView) Title(Say) string { return v.Problem.Title }

// back is where a reader comes back to: the page itself, or the page whose form was sent.
func (s *Site) back(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	if r.PostForm.Has("back") { // a gesture's page, which has no address, says where it came from
		return signin.LocalPath(r.PostForm.Get("back"))
	}
	from, err := url.Parse(r.Header.Get("Referer"))
	switch {
	case err == nil && from.Host == r.Host && from.Path != "" && !strings.HasPrefix(from.Path, "/actes"):
		return signin.LocalPath(from.RequestURI())
	case slices.ContainsFunc(s.pages, func(p Page) bool { return r.Pattern == http.MethodPost+" "+p.Path }): // without a Referer
		return signin.LocalPath(r.URL.RequestURI())
	}
	return "/"
}

// WantsJSON reports whether a program reads the answer: it asks for JSON and not for a page.
func WantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// Explain is the page behind the type of a problem: what the reason means.
func (s *Site) Explain(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("reason")
	if !s.Knows(code) {
		s.Fail(w, r, NotFound())
		return
	}
	p := s.problem(LanguageOf(r), http.StatusOK, code, nil)
	if strings.Contains(p.Detail, "{") { // it tells of numbers that only the refusal itself knows
		p.Detail = ""
	}
	p.Reference = ""
	s.Show(w, r, http.StatusOK, "refusal", Viewer{}, &refusalView{Problem: p})
}

// stopped is where somebody goes on whose session was ended: to the reason, when there is one to tell.
func (s *Site) stopped(r *http.Request) (path string, ok bool) {
	if _, err := s.Signin.EndedSession(r.Context(), r); err != nil {
		return "", false
	}
	return signin.EndedPath + "?return=" + url.QueryEscape(s.back(r)), true
}
