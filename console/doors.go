package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// thresholdView is GET /cloison/: what is missing between this person and a file, and the one next thing to do.
type thresholdView struct {
	SignedIn bool              `json:"signed_in"`
	Enrolled bool              `json:"enrolled"`
	Passkeys int               `json:"passkeys"`
	Proved   bool              `json:"proved"`
	Trained  bool              `json:"trained"`
	Name     string            `json:"name,omitempty"`
	Next     string            `json:"next"` // signin, enrolment, passkey, presence, training, none
	Making   bool              `json:"-"`    // the code was just used: a passkey may be made now
	Return   string            `json:"-"`
	Tools    []Tool            `json:"-"`
	Console  string            `json:"-"`
	Training time.Time         `json:"awareness_until,omitzero"`
	Account  cloison.AccountID `json:"account,omitzero"`
	// Courses are those that the account's roles ask for. They are followed on the console, also by somebody whom a
	// tool has sent here: CoursesAt is its full address, with the way back.
	Courses    []courseStanding `json:"courses,omitempty"`
	CoursesDue bool             `json:"-"`
	CoursesAt  string           `json:"-"`
	heading    string           // the key of the title; empty: that of the next step
}

// courseStanding is until when a course is valid.
type courseStanding struct {
	Course directory.Course `json:"course"`
	Until  time.Time        `json:"until,omitzero"`
	Valid  bool             `json:"valid"`
}

func (t *thresholdView) signedIn() bool { return t.SignedIn }

// NeedsCode reports whether an enrolment code is what comes next: a first passkey needs one as well, however well the
// person is known.
func (t *thresholdView) NeedsCode() bool { return !t.Enrolled || t.Passkeys == 0 && !t.Making }

func (t *thresholdView) title(s say) string {
	if t.heading != "" {
		return s(i18n.Key(t.heading))
	}
	return s(i18n.Key("door.title_" + t.Next))
}

// standing finds how far a browser has come.
func (c *Console) standing(r *http.Request) (*thresholdView, error) {
	view := &thresholdView{Next: "signin", Making: r.URL.Query().Has("cle"), Return: ownPath(r), Tools: c.Tools, Console: c.URL}
	session, err := c.Signin.Session(r.Context(), r)
	if err != nil {
		if signin.ReasonOf(err) == signin.SignedOut {
			return view, nil
		}
		return nil, err
	}
	view.SignedIn, view.Next = true, "enrolment"
	if session.Account == 0 {
		return view, nil
	}
	a, err := c.Store.Account(r.Context(), session.Account)
	if err != nil {
		return nil, err
	}
	if a.State != directory.Active {
		return nil, refuse(cloison.Denied, string(signin.NotActive))
	}
	keys, err := c.Signin.Passkeys(r.Context(), session)
	if err != nil {
		return nil, err
	}
	view.Enrolled, view.Passkeys, view.Proved, view.Name, view.Account = true, len(keys), !session.PasskeyAt.IsZero(), a.Name.Reveal(), a.ID
	view.Training, view.Trained = a.AwarenessUntil, c.Now().Before(a.AwarenessUntil)
	for _, course := range directory.CoursesOf(a.Roles) {
		until := course.Until(a)
		s := courseStanding{course, until, c.Now().Before(until)}
		view.Courses, view.CoursesDue = append(view.Courses, s), view.CoursesDue || !s.Valid
	}
	view.CoursesAt = c.coursesFrom(r, view.Return)
	switch {
	case view.Passkeys == 0:
		view.Next = "passkey"
	case !view.Proved:
		view.Next = "presence"
	case !view.Trained:
		view.Next = "training"
	default:
		view.Next = "none"
	}
	return view, nil
}

// door answers one page of /cloison/ about where the browser stands. Its title is that of the next step, or its own.
func (c *Console) door(w http.ResponseWriter, r *http.Request, template, heading string) {
	view, err := c.standing(r)
	switch {
	case err != nil:
		c.fail(w, r, err)
		return
	case template != "threshold" && !view.SignedIn:
		c.fail(w, r, refuse(cloison.Denied, string(signin.SignedOut)))
		return
	case template == "presence" && view.Passkeys == 0:
		w.Header().Set("Location", "/cloison/enrolement")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	view.heading = heading
	if wantsJSON(r) {
		c.writeJSON(w, r, http.StatusOK, view)
		return
	}
	c.show(w, r, http.StatusOK, template, viewer{}, view)
}

func (c *Console) threshold(w http.ResponseWriter, r *http.Request) { c.door(w, r, "threshold", "") }

// training says what stands with the awareness training, and how to follow it.
func (c *Console) training(w http.ResponseWriter, r *http.Request) {
	c.door(w, r, "training", "training.title")
}

// coursesFrom is the address of the courses, as seen from any host, with the way back to a path of the host that asked.
func (c *Console) coursesFrom(r *http.Request, path string) string {
	to := c.URL + coursesPath
	for _, t := range append([]Tool{{URL: c.URL}}, c.Tools...) {
		own, err := url.Parse(t.URL)
		if err == nil && own.Host == r.Host && (path != "/" || t.URL != c.URL) { // a tool's first page is a place to come back to
			return to + "?return=" + url.QueryEscape(own.Scheme+"://"+own.Host+path)
		}
	}
	return to
}

// enrolment is the page where a code is typed, and then a passkey made.
func (c *Console) enrolment(w http.ResponseWriter, r *http.Request) { c.door(w, r, "enrolment", "") }

// presence is the page of one gesture: somebody is there, and goes back to where they were.
func (c *Console) presence(w http.ResponseWriter, r *http.Request) {
	c.door(w, r, "presence", "presence.title")
}

// enrol uses the code of the form, and leads to the making of a passkey.
func (c *Console) enrol(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		c.fail(w, r, unreadable(err))
		return
	}
	if _, err := c.Signin.Enrol(w, r, c.Directory, r.PostForm.Get("code")); err != nil {
		door := page{template: "enrolment", open: true, view: func(c *Console, r *http.Request, _ viewer) (titled, error) { return c.standing(r) }}
		if !c.refill(w, r, door, viewer{}, "enrolment", r.PostForm, err) {
			c.fail(w, r, err)
		}
		return
	}
	w.Header().Set("Location", "/cloison/enrolement?cle")
	w.WriteHeader(http.StatusSeeOther)
}

// leave ends the session, and says how to end the provider's too.
func (c *Console) leave(w http.ResponseWriter, r *http.Request) {
	provider, err := c.Signin.SignOut(w, r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.show(w, r, http.StatusOK, "left", viewer{}, &leftView{provider})
}

type leftView struct{ Provider string }

func (*leftView) title(s say) string { return s("left.title") }

// explain is the page behind the type of a problem: what the reason means.
func (c *Console) explain(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("reason")
	if !c.knows(code) {
		c.fail(w, r, notFound())
		return
	}
	p := c.problem(languageOf(r), http.StatusOK, code, nil)
	if strings.Contains(p.Detail, "{") { // it tells of numbers that only the refusal itself knows
		p.Detail = ""
	}
	p.Reference = ""
	c.show(w, r, http.StatusOK, "refusal", viewer{}, &refusalView{Problem: p})
}

// ownPath is where ?return= leads on this very host; the gateway writes it with its own scheme and host.
func ownPath(r *http.Request) string {
	to := r.URL.Query().Get("return")
	if u, err := url.Parse(to); err == nil && u.Host == r.Host && (u.Scheme == "http" || u.Scheme == "https") {
		to = u.RequestURI()
	}
	return signin.LocalPath(to)
}
