package self

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// attemptView is GET /formation/tentatives/{id} and …/{n}: a situation that is asked, one that is explained, or how the
// attempt ended. What is right is in it only once the situation is answered.
type attemptView struct {
	ID        cloison.ActID    `json:"attempt"`
	Course    directory.Course `json:"course"`
	Number    int              `json:"number,omitzero"`
	Step      progress         `json:"step,omitzero"`
	Situation *situationView   `json:"situation,omitempty"`
	Result    *resultView      `json:"result,omitempty"`
}

// situationView is a situation with its choices in the order of this attempt.
type situationView struct {
	Title    string       `json:"title"`
	Scene    string       `json:"scene"`
	Question string       `json:"question"`
	Choices  []choiceView `json:"choices"`
	Answered bool         `json:"answered"`
	Right    bool         `json:"right,omitempty"`
	Memory   string       `json:"memory,omitempty"` // once answered, as the next
	Next     string       `json:"next,omitempty"`
	Over     bool         `json:"over,omitempty"`  // it was the last one
	Again    bool         `json:"again,omitempty"` // it will be asked again
}

// Options are the choices as a form shows them.
func (s *situationView) Options() []web.Option {
	options := make([]web.Option, len(s.Choices))
	for i, c := range s.Choices {
		options[i] = web.Option{Value: strconv.Itoa(i + 1), Text: c.Text}
	}
	return options
}

type choiceView struct {
	Text   string `json:"text"`
	Chosen bool   `json:"chosen,omitempty"`
	Best   bool   `json:"best,omitempty"` // once answered, as the next
	Why    string `json:"why,omitempty"`
}

// resultView is how an attempt ended.
type resultView struct {
	State  training.State `json:"state"`
	Right  int            `json:"right"`
	Of     int            `json:"of"`
	Need   int            `json:"needed"`
	Until  time.Time      `json:"until,omitzero"`
	Left   int            `json:"attempts_left"`
	Next   time.Time      `json:"next_attempt,omitzero"`
	Missed []missedView   `json:"missed,omitempty"`
	Back   wayBack        `json:"-"`
}

type missedView struct {
	Title  string `json:"title"`
	Memory string `json:"memory"`
}

func (v *attemptView) Title(s web.Say) string {
	switch {
	case v.Result != nil:
		return s(web.Family("course.title_").Of(v.Result.State), "n", v.Result.Right, "of", v.Result.Of)
	case v.Situation.Answered && v.Situation.Right:
		return s("course.title_right")
	case v.Situation.Answered:
		return s("course.title_wrong")
	}
	return v.Situation.Title
}

func (h *courses) attempt(r *http.Request, v web.Viewer) (web.View, error) {
	id, number, err := h.asking(r)
	if err != nil {
		return nil, err
	}
	a, err := h.training.Attempt(r.Context(), learner(v), id)
	if err != nil {
		return nil, err
	}
	view, lang := &attemptView{ID: a.ID, Course: a.Course}, web.LanguageOf(r)
	answered := a.Answered()
	switch {
	case number > len(a.Questions):
		return nil, web.NotFound()
	case number > 0 && number <= answered:
		view.Number = number
		view.Situation, err = h.explained(lang, a, number)
	case a.State != training.Open:
		view.Result, err = h.result(r, v, a)
	case number == 0 || number == answered+1:
		view.Number = answered + 1
		view.Situation, _, err = h.situation(lang, a, view.Number)
	default:
		return nil, web.NotFound()
	}
	if view.Number > 0 {
		view.Step = progressOf(a, view.Number)
	}
	return view, err
}

// situation is what a question shows before it is answered, and the whole of what is known of it.
func (h *courses) situation(l i18n.Lang, a training.Attempt, number int) (*situationView, training.Situation, error) {
	course, _ := h.training.Course(a.Course)
	q := a.Questions[number-1]
	s, ok := course.Situation(l, q.Situation)
	if !ok || len(q.Order) != len(s.Choices) { // of another edition
		return nil, s, web.NotFound()
	}
	view := &situationView{Title: s.Title, Scene: s.Scene, Question: s.Question}
	for _, at := range q.Order {
		view.Choices = append(view.Choices, choiceView{Text: s.Choices[at].Text})
	}
	return view, s, nil
}

func (h *courses) explained(l i18n.Lang, a training.Attempt, number int) (*situationView, error) {
	view, s, err := h.situation(l, a, number)
	if err != nil {
		return nil, err
	}
	q := a.Questions[number-1]
	view.Answered, view.Right, view.Memory, view.Next, view.Over = true, q.Right, s.Memory, attemptPath(a.ID, 0), a.State != training.Open
	view.Again = !q.Right && !view.Over
	for i, at := range q.Order {
		choice := &view.Choices[i]
		choice.Chosen, choice.Best, choice.Why = i+1 == q.Chosen, s.Choices[at].Best, s.Choices[at].Why
	}
	return view, nil
}

func (h *courses) result(r *http.Request, v web.Viewer, a training.Attempt) (*resultView, error) {
	view := &resultView{State: a.State, Right: a.Score(), Of: a.Round, Need: h.training.Needed(a)}
	standings, err := h.training.Standings(r.Context(), learner(v))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(standings, func(s training.Standing) bool { return s.Course.ID == a.Course })
	if i < 0 {
		return view, nil // the role that asked for the course is gone
	}
	view.Left, view.Next, view.Until = standings[i].Left, standings[i].Next, standings[i].Until
	for _, id := range a.Missed() {
		if s, ok := standings[i].Course.Situation(web.LanguageOf(r), id); ok {
			view.Missed = append(view.Missed, missedView{s.Title, s.Memory})
		}
	}
	if k, err := r.Cookie(returnCookie); err == nil {
		if to, err := url.QueryUnescape(k.Value); err == nil {
			view.Back, _ = h.wayBack(to)
		}
	}
	return view, nil
}
