package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
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

func (v *attemptView) title(s say) string {
	switch {
	case v.Result != nil:
		return s(i18n.Key("course.title_"+string(v.Result.State)), "n", v.Result.Right, "of", v.Result.Of)
	case v.Situation.Answered && v.Situation.Right:
		return s("course.title_right")
	case v.Situation.Answered:
		return s("course.title_wrong")
	}
	return v.Situation.Title
}

func (c *Console) attempt(r *http.Request, v viewer) (titled, error) {
	id, number, err := c.asking(r)
	if err != nil {
		return nil, err
	}
	a, err := c.Training.Attempt(r.Context(), v.learner(), id)
	if err != nil {
		return nil, err
	}
	view, lang := &attemptView{ID: a.ID, Course: a.Course}, languageOf(r)
	answered := a.Answered()
	switch {
	case number > len(a.Questions):
		return nil, notFound()
	case number > 0 && number <= answered:
		view.Number = number
		view.Situation, err = c.explained(lang, a, number)
	case a.State != training.Open:
		view.Result, err = c.result(r, v, a)
	case number == 0 || number == answered+1:
		view.Number = answered + 1
		view.Situation, _, err = c.situation(lang, a, view.Number)
	default:
		return nil, notFound()
	}
	if view.Number > 0 {
		view.Step = progressOf(a, view.Number)
	}
	return view, err
}

// situation is what a question shows before it is answered, and the whole of what is known of it.
func (c *Console) situation(l i18n.Lang, a training.Attempt, number int) (*situationView, training.Situation, error) {
	course, _ := c.Training.Course(a.Course)
	q := a.Questions[number-1]
	s, ok := course.Situation(l, q.Situation)
	if !ok || len(q.Order) != len(s.Choices) { // of another edition
		return nil, s, notFound()
	}
	view := &situationView{Title: s.Title, Scene: s.Scene, Question: s.Question}
	for _, at := range q.Order {
		view.Choices = append(view.Choices, choiceView{Text: s.Choices[at].Text})
	}
	return view, s, nil
}

func (c *Console) explained(l i18n.Lang, a training.Attempt, number int) (*situationView, error) {
	view, s, err := c.situation(l, a, number)
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

func (c *Console) result(r *http.Request, v viewer, a training.Attempt) (*resultView, error) {
	view := &resultView{State: a.State, Right: a.Score(), Of: a.Round, Need: c.Training.Needed(a)}
	standings, err := c.Training.Standings(r.Context(), v.learner())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(standings, func(s training.Standing) bool { return s.Course.ID == a.Course })
	if i < 0 {
		return view, nil // the role that asked for the course is gone
	}
	view.Left, view.Next, view.Until = standings[i].Left, standings[i].Next, standings[i].Until
	for _, id := range a.Missed() {
		if s, ok := standings[i].Course.Situation(languageOf(r), id); ok {
			view.Missed = append(view.Missed, missedView{s.Title, s.Memory})
		}
	}
	if k, err := r.Cookie(returnCookie); err == nil {
		if to, err := url.QueryUnescape(k.Value); err == nil {
			view.Back, _ = c.wayBack(to)
		}
	}
	return view, nil
}

// certificatesView is GET /formation/attestations: the viewer's own, or one that is checked by its number.
type certificatesView struct {
	Certificates []certificateView `json:"certificates"`
	Number       string            `json:"number,omitempty"` // asked for
	Checks       bool              `json:"-"`
}

func (v *certificatesView) title(s say) string {
	switch {
	case v.Number != "" && len(v.Certificates) == 0:
		return s("certificates.title_unknown")
	case v.Number != "":
		return s("certificates.title_known")
	}
	return numbered(s, "certificates.title", len(v.Certificates))
}

// certificateView is GET /formation/attestations/{id}.
type certificateView struct {
	ID        cloison.ActID       `json:"number"`
	Name      string              `json:"name"`
	Structure cloison.StructureID `json:"structure"`
	Label     string              `json:"structure_label,omitempty"`
	Course    string              `json:"course"`
	At        time.Time           `json:"at"`
	Until     time.Time           `json:"until"`
	Valid     bool                `json:"valid"`
	Edition   string              `json:"edition"`
	Own       *score              `json:"score,omitempty"` // to its holder alone
	Check     string              `json:"-"`
}

type score struct{ Right, Of int }

func (v *certificateView) title(s say) string { return s("certificate.title") }

func (c *Console) certificateView(l i18n.Lang, a directory.Account, k training.Certificate, own bool) certificateView {
	course, _ := c.Training.Course(k.Course)
	v := certificateView{ID: k.ID, Name: a.Name.Reveal(), Structure: a.Structure, Course: course.Title(l), At: k.At, Until: k.Until,
		Valid: c.Now().Before(k.Until), Edition: k.Edition, Check: c.URL + coursesPath + "/attestations"}
	if own {
		v.Own = &score{k.Right, k.Of}
	}
	return v
}

func (c *Console) certificates(r *http.Request, v viewer) (titled, error) {
	view := &certificatesView{Certificates: []certificateView{}, Number: strings.TrimSpace(r.URL.Query().Get("numero")), Checks: v.has(network | house)}
	lang := languageOf(r)
	if view.Number != "" {
		one, err := c.certified(r, v, typedNumber(view.Number))
		if err == nil {
			view.Certificates = append(view.Certificates, *one)
		} else if cloison.KindOf(err) != cloison.NotFound {
			return nil, err
		}
		return view, nil
	}
	all, err := c.Training.Certificates(r.Context(), v.account.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		view.Certificates = append(view.Certificates, c.certificateView(lang, v.account, k, true))
	}
	return view, nil
}

// typedNumber reads a certificate's number as somebody copies it from paper.
func typedNumber(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u202f", "", "\u00a0", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(s))
}

func (c *Console) certificate(r *http.Request, v viewer) (titled, error) {
	return c.certified(r, v, r.PathValue("id"))
}

// certified finds a certificate whose holder the viewer may know of.
func (c *Console) certified(r *http.Request, v viewer, number string) (*certificateView, error) {
	id, err := cloison.ParseActID(number)
	if err != nil || id == 0 {
		return nil, notFound()
	}
	k, err := c.Training.Certificate(r.Context(), id)
	if err != nil {
		return nil, err
	}
	a, err := c.seen(r.Context(), v, k.Account)
	if err != nil {
		return nil, err
	}
	view := c.certificateView(languageOf(r), a, k, a.ID == v.account.ID)
	if s, err := c.Store.Structure(r.Context(), a.Structure); err == nil {
		view.Label = s.Label
	}
	return &view, nil
}
