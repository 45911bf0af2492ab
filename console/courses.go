package console

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/internal/i18n"
)

// coursesPath is where courses are followed. No act of acts.go is behind it: an answer is not worth a gesture, and the
// stage asks for a session in which the passkey was shown.
const coursesPath = "/formation"

// coursesView is GET /formation: the viewer's courses, until when they are valid, and what to do next.
type coursesView struct {
	Courses []courseView `json:"courses"`
	Due     int          `json:"due"` // courses that are not valid now
	Checks  bool         `json:"-"`   // the viewer may check others' certificates
	Return  string       `json:"-"`   // where the viewer came from
}

func (v *coursesView) title(s say) string { return numbered(s, "courses.title", v.Due) }

// courseView is one course, for its learner.
type courseView struct {
	ID          directory.Course `json:"id"`
	Title       string           `json:"title"`
	About       string           `json:"about"`
	Situations  int              `json:"situations"`
	Minutes     int              `json:"minutes"`
	Months      int              `json:"months"` // for how long it is valid
	Pass        int              `json:"pass_mark_percent"`
	Until       time.Time        `json:"until,omitzero"`
	Valid       bool             `json:"valid"`
	Left        int              `json:"attempts_left"`
	Next        time.Time        `json:"next_attempt,omitzero"`
	Open        cloison.ActID    `json:"attempt,omitzero"`
	Step        progress         `json:"step,omitzero"` // in the open attempt
	Certificate cloison.ActID    `json:"certificate,omitzero"`
}

// progress is how far an attempt has come: situation N of Of, in the first round or among those asked again.
type progress struct {
	N     int  `json:"n"`
	Of    int  `json:"of"`
	Again bool `json:"again,omitempty"`
}

func progressOf(a training.Attempt, number int) progress {
	if number > a.Round {
		return progress{number - a.Round, len(a.Questions) - a.Round, true}
	}
	return progress{number, a.Round, false}
}

func (v viewer) learner() training.Learner {
	return training.Learner{Account: v.account.ID, Proved: v.proved()}
}

func (c *Console) courses(r *http.Request, v viewer) (titled, error) {
	all, err := c.Training.Standings(r.Context(), v.learner())
	if err != nil {
		return nil, err
	}
	view := &coursesView{Courses: []courseView{}, Checks: v.has(network | house)}
	if back, ok := c.wayBack(r.URL.Query().Get("return")); ok {
		view.Return = back.URL
	}
	for _, s := range all {
		view.Courses = append(view.Courses, c.courseView(languageOf(r), s))
		if !s.Valid {
			view.Due++
		}
	}
	return view, nil
}

func (c *Console) courseView(l i18n.Lang, s training.Standing) courseView {
	v := courseView{ID: s.Course.ID, Title: s.Course.Title(l), About: s.Course.About(l), Situations: s.Course.Len(),
		Minutes: s.Course.Minutes(), Months: c.Directory.Months(s.Course.ID), Pass: c.Training.PassMark(), Until: s.Until, Valid: s.Valid,
		Left: s.Left, Next: s.Next}
	if s.Open != nil {
		v.Open, v.Step = s.Open.ID, progressOf(*s.Open, s.Open.Answered()+1)
	}
	if s.Certified != nil {
		v.Certificate = s.Certified.ID
	}
	return v
}

// beginCourse is POST /formation/{course}: begins an attempt, or goes on with the open one.
func (c *Console) beginCourse(w http.ResponseWriter, r *http.Request) {
	v, err := c.provedViewer(r)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if e := r.ParseForm(); e != nil {
			err = unreadable(e)
		}
	}
	var a training.Attempt
	if err == nil {
		a, err = c.Training.Begin(r.Context(), v.learner(), directory.Course(r.PathValue("course")))
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	if back, ok := c.wayBack(r.PostForm.Get("return")); ok {
		http.SetCookie(w, &http.Cookie{Name: returnCookie, Value: url.QueryEscape(back.URL), Path: coursesPath, MaxAge: 7 * 24 * 3600,
			SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: strings.HasPrefix(c.URL, "https://")})
	}
	to := attemptPath(a.ID, 0)
	if wantsJSON(r) {
		c.writeJSON(w, r, http.StatusOK, map[string]any{"attempt": a.ID, "next": to})
		return
	}
	seeOther(w, to)
}

// provedViewer is the viewer of a request that changes something.
func (c *Console) provedViewer(r *http.Request) (viewer, error) {
	v, err := c.viewer(r)
	if err == nil && !v.proved() {
		err = refuse(cloison.Denied, string(signin.PasskeyNeeded))
	}
	return v, err
}

func attemptPath(id cloison.ActID, number int) string {
	path := coursesPath + "/tentatives/" + id.String()
	if number > 0 {
		path += "/" + strconv.Itoa(number)
	}
	return path
}

func seeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// answerSituation is POST /formation/tentatives/{id}/{n}. Whatever comes of it, the page of that situation says it: the
// explanation when it is answered now or was before, the question again when nothing was chosen.
func (c *Console) answerSituation(w http.ResponseWriter, r *http.Request, p page) {
	v, err := c.provedViewer(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		c.fail(w, r, unreadable(err))
		return
	}
	id, number, err := c.asking(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	to := attemptPath(id, number)
	choice, err := strconv.Atoi(r.PostForm.Get("choice"))
	if err != nil {
		if err := badFields([]fault{{field: "choice", why: missing}}); !c.refill(w, r, p, v, "answer", r.PostForm, err) {
			c.fail(w, r, err)
		}
		return
	}
	_, err = c.Training.Answer(r.Context(), v.learner(), id, number, choice)
	if err != nil && cloison.KindOf(err) != cloison.Conflict {
		c.fail(w, r, err)
		return
	}
	seeOther(w, to)
}

// asking reads which question of which attempt a request is about; 0 is the next one.
func (c *Console) asking(r *http.Request) (cloison.ActID, int, error) {
	id, err := cloison.ParseActID(r.PathValue("id"))
	if err != nil || id == 0 {
		return 0, 0, notFound()
	}
	number, err := strconv.Atoi(cmp.Or(r.PathValue("n"), "0"))
	if err != nil || number < 0 {
		return 0, 0, notFound()
	}
	return id, number, nil
}

// wayBack is where somebody came from, and goes back to when the course is passed.
type wayBack struct {
	URL  string
	Tool string // its name; empty: a page of the console
}

// returnCookie keeps the way back while a course is followed. It is no secret and nobody's word: it is checked again
// whenever it is shown, and it may name a person, so that it stays in the browser.
const returnCookie = "cloison-return"

// wayBack reads an address that anybody may have written. It leads to a page of the console or of one of the tools, or
// nowhere: scheme and host come from the configuration, the rest is a local path.
func (c *Console) wayBack(to string) (wayBack, bool) {
	if strings.HasPrefix(to, "/") {
		to = signin.LocalPath(to)
		return wayBack{URL: to}, to != "/"
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil || len(to) > 1000 {
		return wayBack{}, false
	}
	for _, t := range append([]Tool{{URL: c.URL}}, c.Tools...) {
		own, err := url.Parse(t.URL)
		if err == nil && own.Scheme == u.Scheme && own.Host == u.Host {
			return wayBack{own.Scheme + "://" + own.Host + signin.LocalPath(u.RequestURI()), t.Name}, true
		}
	}
	return wayBack{}, false
}
