package console

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
	"cloison/access/training"
	"cloison/internal/i18n"
)

// refusal is an error with the code of its words.
type refusal struct {
	code   string
	params i18n.Params
	wrong  []fault // the fields of the form that are wrong
}

func (r *refusal) Error() string { return "refused: " + r.code }

func refuse(k cloison.Kind, code string, params ...i18n.Params) error {
	r := &refusal{code: code}
	if len(params) > 0 {
		r.params = params[0]
	}
	return &cloison.Error{Kind: k, Err: r}
}

// reasonOf finds the words for an error: a refusal's own, signin's or the directory's reason, else those of its kind.
func reasonOf(err error) (code string, params i18n.Params) {
	var r *refusal
	if errors.As(err, &r) {
		return r.code, r.params
	}
	if reason := signin.ReasonOf(err); reason != signin.Fault {
		return string(reason), nil
	}
	var bar training.Bar
	if errors.As(err, &bar) {
		return string(bar), nil
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

// say says a part of a refusal, in the console's words or in those that all stages share.
func (c *Console) say(l i18n.Lang, code, part string, p i18n.Params) string {
	key := i18n.Key("refusal." + code + "." + part)
	if c.words.Has(key) {
		return c.speak(l, key, p)
	}
	return i18n.Say(l, key, p)
}

func (c *Console) knows(code string) bool {
	key := i18n.Key("refusal." + code + ".title")
	return c.words.Has(key) || i18n.Has(key)
}

func (c *Console) problem(l i18n.Lang, status int, code string, p i18n.Params) problem {
	if !c.knows(code) {
		code = "internal"
	}
	return problem{Type: c.URL + "/cloison/refusals/" + code, Title: c.say(l, code, "title", p), Status: status,
		Detail: c.say(l, code, "detail", p), WayOut: c.say(l, code, "way_out", p), Reference: rand.Text()[:16], code: code}
}

// fail answers an error: a redirection to where it can be mended, a page, or a problem. The operator's log has the
// reference.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	code, params := reasonOf(err)
	status := signin.ProblemOf(err).Status
	if code == string(signin.PasskeyNeeded) {
		status = http.StatusUnauthorized
	}
	p := c.problem(languageOf(r), status, code, params)
	var said *refusal
	if code == "field" && errors.As(err, &said) && c.words.Has(i18n.Key("fault."+said.wrong[0].field)) {
		p.Detail = c.speak(languageOf(r), i18n.Key("fault."+said.wrong[0].field), nil)
	}
	switch code {
	case string(signin.SignedOut):
		p.Action = "/cloison/signin?return=" + url.QueryEscape(back(r))
	case string(signin.PasskeyNeeded):
		p.Action = "/cloison/presence?return=" + url.QueryEscape(back(r))
	case string(signin.NoAccount):
		p.Action = "/cloison/enrolement"
	case string(signin.PasskeyNone), string(signin.PasskeyNotOpen):
		p.Action = "/cloison/"
	case string(directory.CourseExpired), string(training.TooMany):
		p.Action = coursesPath
	}
	if r.Method == http.MethodGet && !wantsJSON(r) && (code == string(signin.SignedOut) || code == string(signin.NotActive)) {
		if to, ok := c.stopped(r); ok {
			p.Action = to
		}
	}
	if p.Action != "" && r.Method == http.MethodGet && !wantsJSON(r) {
		w.Header().Set("Location", p.Action)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	level := c.Log.InfoContext
	if status >= 500 {
		level = c.Log.ErrorContext
	}
	level(r.Context(), "refused", "route", r.Pattern, "reason", code, "reference", p.Reference, "err", err)
	c.answer(w, r, p)
}

// Refuse answers signin's refusals in the console's words; it is a signin.Refuser.
func (c *Console) Refuse(w http.ResponseWriter, r *http.Request, s signin.Problem) {
	p := c.problem(languageOf(r), s.Status, string(s.Reason), nil)
	switch s.Reason {
	case signin.SignedOut, signin.FlowUnknown, signin.FlowOtherBrowser, signin.LoginRequired:
		p.Action = "/cloison/signin?return=%2F"
	}
	c.answer(w, r, p)
}

// answer writes the problem, as a page to whoever navigates.
func (c *Console) answer(w http.ResponseWriter, r *http.Request, p problem) {
	if r.Method != http.MethodHead && !wantsJSON(r) {
		view := &refusalView{Problem: p}
		if r.Method == http.MethodPost {
			view.Back = back(r)
		}
		c.show(w, r, p.Status, "refusal", viewer{}, view)
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		c.Log.ErrorContext(r.Context(), "a problem was not encoded", "err", err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", languageOf(r).String())
	w.WriteHeader(p.Status)
	w.Write(body) // the client is gone if this fails
}

// refusalView is the page of a problem.
type refusalView struct {
	Problem problem
	Back    string // the page whose form was sent
}

func (v *refusalView) title(say) string { return v.Problem.Title }

// back is where a reader comes back to: the page itself, or the page whose form was sent.
func back(r *http.Request) string {
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
	case slices.ContainsFunc(pages(), func(p page) bool { return r.Pattern == http.MethodPost+" "+p.path }): // without a Referer
		return signin.LocalPath(r.URL.RequestURI())
	}
	return "/"
}

// wantsJSON reports whether a program reads the answer: it asks for JSON and not for a page.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}
