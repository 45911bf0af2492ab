package public

import (
	"net/http"
	"net/url"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/console/desk"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// doors is the pages of /cloison/: what is missing between a person and a file.
type doors struct {
	*web.Site
	enrolling signin.Enroller
}

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
	Tools    []web.Tool        `json:"-"`
	Console  string            `json:"-"`
	Training time.Time         `json:"awareness_until,omitzero"`
	Account  cloison.AccountID `json:"account,omitzero"`
	// Courses are those that the account's roles ask for. They are followed on the console, also by somebody that a
	// tool has sent here: CoursesAt is its full address, with the way back.
	Courses    []courseStanding `json:"courses,omitempty"`
	CoursesDue bool             `json:"-"`
	CoursesAt  string           `json:"-"`
	heading    i18n.Key         // the key of the title; empty: that of the next step
}

// courseStanding is until when a course is valid.
type courseStanding struct {
	Course directory.Course `json:"course"`
	Until  time.Time        `json:"until,omitzero"`
	Valid  bool             `json:"valid"`
}

// HasSession reports whether there is a session to end.
func (t *thresholdView) HasSession() bool { return t.SignedIn }

// NeedsCode reports whether an enrolment code is what comes next: a first passkey needs one as well, however well the
// person is known.
func (t *thresholdView) NeedsCode() bool { return !t.Enrolled || t.Passkeys == 0 && !t.Making }

func (t *thresholdView) Title(s web.Say) string {
	if t.heading != "" {
		return s(t.heading)
	}
	return s(web.Family("door.title_").Of(t.Next))
}

// standing finds how far a browser has come.
func (h *doors) standing(r *http.Request) (*thresholdView, error) {
	view := &thresholdView{Next: "signin", Making: r.URL.Query().Has("cle"), Return: ownPath(r), Tools: h.Tools, Console: h.URL}
	session, err := h.Signin.Session(r.Context(), r)
	if err != nil {
		if refusal.ReasonOf(err) == refusal.SignedOut {
			return view, nil
		}
		return nil, err
	}
	view.SignedIn, view.Next = true, "enrolment"
	if session.Account == 0 {
		return view, nil
	}
	a, err := h.Accounts.Account(r.Context(), session.Account)
	if err != nil {
		return nil, err
	}
	if a.State != directory.Active {
		return nil, web.Refuse(cloison.Denied, web.Reason(refusal.NotActive))
	}
	keys, err := h.Signin.Passkeys(r.Context(), session)
	if err != nil {
		return nil, err
	}
	view.Enrolled, view.Passkeys, view.Proved, view.Name, view.Account = true, len(keys), !session.PasskeyAt.IsZero(), a.Name.Reveal(), a.ID
	view.Training, view.Trained = a.AwarenessUntil, h.Now().Before(a.AwarenessUntil)
	for _, course := range directory.CoursesOf(a.Roles) {
		until := course.Until(a)
		s := courseStanding{course, until, h.Now().Before(until)}
		view.Courses, view.CoursesDue = append(view.Courses, s), view.CoursesDue || !s.Valid
	}
	view.CoursesAt = h.coursesFrom(r, view.Return)
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
func (h *doors) door(w http.ResponseWriter, r *http.Request, template string, heading i18n.Key) {
	view, err := h.standing(r)
	switch {
	case err != nil:
		h.Fail(w, r, err)
		return
	case template != "threshold" && !view.SignedIn:
		h.Fail(w, r, web.Refuse(cloison.Denied, web.Reason(refusal.SignedOut)))
		return
	case template == "presence" && view.Passkeys == 0:
		w.Header().Set("Location", "/cloison/enrolement")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	view.heading = heading
	if web.WantsJSON(r) {
		h.WriteJSON(w, r, http.StatusOK, view)
		return
	}
	h.Show(w, r, http.StatusOK, template, web.Viewer{}, view)
}

func (h *doors) threshold(w http.ResponseWriter, r *http.Request) { h.door(w, r, "threshold", "") }

// training says what stands with the awareness training, and how to follow it.
func (h *doors) training(w http.ResponseWriter, r *http.Request) {
	h.door(w, r, "training", "training.title")
}

// coursesFrom is the address of the courses, as seen from any host, with the way back to a path of the host that asked.
func (h *doors) coursesFrom(r *http.Request, path string) string {
	to := h.URL + web.CoursesPath
	for _, t := range append([]web.Tool{{URL: h.URL}}, h.Tools...) {
		own, err := url.Parse(t.URL)
		if err == nil && own.Host == r.Host && (path != "/" || t.URL != h.URL) { // a tool's first page is a place to come back to
			return to + "?return=" + url.QueryEscape(own.Scheme+"://"+own.Host+path)
		}
	}
	return to
}

// enrolment is the page where a code is typed, and then a passkey made.
func (h *doors) enrolment(w http.ResponseWriter, r *http.Request) { h.door(w, r, "enrolment", "") }

// presence is the page of one gesture: somebody is there, and goes back to where they were.
func (h *doors) presence(w http.ResponseWriter, r *http.Request) {
	h.door(w, r, "presence", "presence.title")
}

// enrol uses the code of the form, and leads to the making of a passkey.
func (h *doors) enrol(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, web.MaxBody)
	if err := r.ParseForm(); err != nil {
		h.Fail(w, r, web.Unreadable(err))
		return
	}
	if _, err := h.Signin.Enrol(w, r, h.enrolling, r.PostForm.Get("code")); err != nil {
		door := web.Page{Template: "enrolment", Open: true, Show: func(r *http.Request, _ web.Viewer) (web.View, error) { return h.standing(r) }}
		if !h.Refill(w, r, door, web.Viewer{}, "enrolment", r.PostForm, err) {
			h.Fail(w, r, err)
		}
		return
	}
	w.Header().Set("Location", "/cloison/enrolement?cle")
	w.WriteHeader(http.StatusSeeOther)
}

// leave ends the session, and says how to end the provider's too.
func (h *doors) leave(w http.ResponseWriter, r *http.Request) {
	provider, err := h.Signin.SignOut(w, r)
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	h.Show(w, r, http.StatusOK, "left", web.Viewer{}, &leftView{provider})
}

type leftView struct{ Provider string }

func (*leftView) Title(s web.Say) string { return s("left.title") }

// ownPath is where ?return= leads on this very host; the gateway writes it with its own scheme and host.
func ownPath(r *http.Request) string {
	to := r.URL.Query().Get("return")
	if u, err := url.Parse(to); err == nil && u.Host == r.Host && (u.Scheme == "http" || u.Scheme == "https") {
		to = u.RequestURI()
	}
	return signin.LocalPath(to)
}

// toOpening leads from a tool's host to the console's page: GET /cloison/dossier.
func (h *doors) toOpening(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", h.URL+desk.OpeningPath)
	w.WriteHeader(http.StatusSeeOther)
}
