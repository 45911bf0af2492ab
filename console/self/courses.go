package self

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
	"cloison/console/web"
	"cloison/internal/i18n"
)

// coursesView is GET /formation: the viewer's courses, until when they are valid, and what to do next.
type coursesView struct {
	Courses []courseView `json:"courses"`
	Due     int          `json:"due"` // courses that are not valid now
	Checks  bool         `json:"-"`   // the viewer may check others' certificates
	Return  string       `json:"-"`   // where the viewer came from
}

func (v *coursesView) Title(s web.Say) string { return web.Numbered(s, "courses.title", v.Due) }

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

func learner(v web.Viewer) training.Learner {
	return training.Learner{Account: v.Account.ID, Proved: v.Proved()}
}

func (h *courses) page(r *http.Request, v web.Viewer) (web.View, error) {
	all, err := h.training.Standings(r.Context(), learner(v))
	if err != nil {
		return nil, err
	}
	view := &coursesView{Courses: []courseView{}, Checks: v.Has(web.NetworkRoles | web.StructureRoles)}
	if back, ok := h.wayBack(r.URL.Query().Get("return")); ok {
		view.Return = back.URL
	}
	for _, s := range all {
		view.Courses = append(view.Courses, h.courseView(web.LanguageOf(r), s))
		if !s.Valid {
			view.Due++
		}
	}
	return view, nil
}

func (h *courses) courseView(l i18n.Lang, s training.Standing) courseView {
	v := courseView{ID: s.Course.ID, Title: s.Course.Title(l), About: s.Course.About(l), Situations: s.Course.Len(),
		Minutes: s.Course.Minutes(), Months: h.directory.Months(s.Course.ID), Pass: h.training.PassMark(), Until: s.Until, Valid: s.Valid,
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
func (h *courses) beginCourse(w http.ResponseWriter, r *http.Request) {
	v, err := h.ProvedViewer(r)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, web.MaxBody)
		if e := r.ParseForm(); e != nil {
			err = web.Unreadable(e)
		}
	}
	var a training.Attempt
	if err == nil {
		a, err = h.training.Begin(r.Context(), learner(v), directory.Course(r.PathValue("course")))
	}
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	if back, ok := h.wayBack(r.PostForm.Get("return")); ok {
		http.SetCookie(w, &http.Cookie{Name: returnCookie, Value: url.QueryEscape(back.URL), Path: web.CoursesPath, MaxAge: 7 * 24 * 3600,
			SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: strings.HasPrefix(h.URL, "https://")})
	}
	to := attemptPath(a.ID, 0)
	if web.WantsJSON(r) {
		h.WriteJSON(w, r, http.StatusOK, map[string]any{"attempt": a.ID, "next": to})
		return
	}
	web.SeeOther(w, to)
}

func attemptPath(id cloison.ActID, number int) string {
	path := web.CoursesPath + "/tentatives/" + id.String()
	if number > 0 {
		path += "/" + strconv.Itoa(number)
	}
	return path
}

// answerSituation is POST /formation/tentatives/{id}/{n}. Whatever comes of it, the page of that situation says it: the
// explanation when it is answered now or was before, the question again when nothing was chosen.
func (h *courses) answerSituation(w http.ResponseWriter, r *http.Request, p web.Page) {
	v, err := h.ProvedViewer(r)
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, web.MaxBody)
	if err := r.ParseForm(); err != nil {
		h.Fail(w, r, web.Unreadable(err))
		return
	}
	id, number, err := h.asking(r)
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	to := attemptPath(id, number)
	choice, err := strconv.Atoi(r.PostForm.Get("choice"))
	if err != nil {
		if err := web.BadFields([]web.Fault{{Field: "choice", Why: web.Missing}}); !h.Refill(w, r, p, v, "answer", r.PostForm, err) {
			h.Fail(w, r, err)
		}
		return
	}
	_, err = h.training.Answer(r.Context(), learner(v), id, number, choice)
	if err != nil && cloison.KindOf(err) != cloison.Conflict {
		h.Fail(w, r, err)
		return
	}
	web.SeeOther(w, to)
}

// asking reads which question of which attempt a request is about; 0 is the next one.
func (h *courses) asking(r *http.Request) (cloison.ActID, int, error) {
	id, err := cloison.ParseActID(r.PathValue("id"))
	if err != nil || id == 0 {
		return 0, 0, web.NotFound()
	}
	number, err := strconv.Atoi(cmp.Or(r.PathValue("n"), "0"))
	if err != nil || number < 0 {
		return 0, 0, web.NotFound()
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
func (h *courses) wayBack(to string) (wayBack, bool) {
	if strings.HasPrefix(to, "/") {
		to = signin.LocalPath(to)
		return wayBack{URL: to}, to != "/"
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil || len(to) > 1000 {
		return wayBack{}, false
	}
	for _, t := range append([]web.Tool{{URL: h.URL}}, h.Tools...) {
		own, err := url.Parse(t.URL)
		if err == nil && own.Scheme == u.Scheme && own.Host == u.Host {
			return wayBack{own.Scheme + "://" + own.Host + signin.LocalPath(u.RequestURI()), t.Name}, true
		}
	}
	return wayBack{}, false
}
