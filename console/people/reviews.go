package people

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// Review is the verb of those who answer in a review.
const Review signin.Verb = "review"

// ReviewLine is one review in a list.
type ReviewLine struct {
	Review    cloison.ActID       `json:"review"`
	Structure cloison.StructureID `json:"structure"`
	Label     string              `json:"label,omitempty"`
	Opened    time.Time           `json:"opened"`
	Due       time.Time           `json:"due"`
	Closed    time.Time           `json:"closed,omitzero"`
	Accounts  int                 `json:"accounts"`
	Answered  int                 `json:"answered"`
	Waiting   int                 `json:"waiting"`
	Kept      int                 `json:"kept"`
	Left      int                 `json:"left"`
	Suspended int                 `json:"suspended"`
	Lapsed    int                 `json:"lapsed"`
}

func lineOf(r lifecycle.Review) ReviewLine {
	n := r.Answers
	return ReviewLine{Review: r.ID, Structure: r.Structure, Opened: r.Opened, Due: r.Due, Closed: r.Closed, Accounts: r.Accounts,
		Answered: r.Accounts - n[lifecycle.Waiting], Waiting: n[lifecycle.Waiting], Kept: n[lifecycle.Keep], Left: n[lifecycle.Leaves],
		Suspended: n[lifecycle.Suspend], Lapsed: n[lifecycle.Lapsed]}
}

const reviewsShown = 1000

// Reviews lists those of a structure, or of all.
func Reviews(ctx context.Context, cycle *lifecycle.Lifecycle, structure cloison.StructureID) ([]ReviewLine, error) {
	list, err := cycle.Reviews(ctx, structure, reviewsShown)
	lines := make([]ReviewLine, len(list))
	for i, r := range list {
		lines[i] = lineOf(r)
	}
	return lines, err
}

// reviewsView is GET /revues.
type reviewsView struct {
	Reviews []ReviewLine `json:"reviews"`
	Waiting int          `json:"waiting"` // open ones with accounts that nobody answered for
}

func (r *reviewsView) Title(s web.Say) string { return web.Numbered(s, "reviews.title", r.Waiting) }

func (h *reviews) list(r *http.Request, v web.Viewer) (web.View, error) {
	ctx := r.Context()
	lines, err := Reviews(ctx, h.lifecycle, v.Scope(""))
	if err != nil {
		return nil, err
	}
	structures, err := h.directory.Structures(ctx)
	if err != nil {
		return nil, err
	}
	labels := map[cloison.StructureID]string{}
	for _, s := range structures {
		labels[s.ID] = s.Label
	}
	view := &reviewsView{Reviews: lines}
	for i := range lines {
		lines[i].Label = labels[lines[i].Structure]
		if lines[i].Closed.IsZero() && lines[i].Waiting > 0 {
			view.Waiting++
		}
	}
	slices.SortStableFunc(lines, func(a, b ReviewLine) int {
		if a.Closed.IsZero() && b.Closed.IsZero() {
			return b.Waiting - a.Waiting
		}
		return 0
	})
	if !web.WantsJSON(r) && len(lines) > 2*web.PageLength {
		view.Reviews = lines[:2*web.PageLength]
	}
	return view, nil
}

// reviewView is GET /revues/{id}: its accounts, and the form to answer for them.
type reviewView struct {
	ReviewLine
	Lines  []answerView      `json:"lines"`
	Open   bool              `json:"open"`
	Next   cloison.AccountID `json:"next,omitzero"`
	Answer bool              `json:"-"` // the viewer may answer for somebody on this page
}

type answerView struct {
	Account  web.AccountView `json:"account"`
	Verdict  string          `json:"verdict"`
	At       time.Time       `json:"at,omitzero"`
	By       web.Party       `json:"by,omitzero"`
	Verdicts []string        `json:"-"` // those that the viewer may give
}

// First is the first account that the viewer may answer for on this page.
func (r *reviewView) First() cloison.AccountID {
	for _, l := range r.Lines {
		if len(l.Verdicts) > 0 {
			return l.Account.ID
		}
	}
	return 0
}

func (r *reviewView) Title(s web.Say) string {
	if !r.Open {
		return s("review.title_closed", "label", r.Label, "at", r.Closed)
	}
	return s("review.title", "n", r.Waiting, "label", r.Label)
}

func (h *reviews) one(r *http.Request, v web.Viewer) (web.View, error) {
	ctx := r.Context()
	id, err := cloison.ParseActID(r.PathValue("id"))
	if err != nil {
		return nil, web.NotFound()
	}
	one, structure, err := h.seenReview(ctx, v, id)
	if err != nil {
		return nil, err
	}
	q := h.Query(r)
	after := q.Account("after")
	if q.Err != nil {
		return nil, q.Err
	}
	view := &reviewView{ReviewLine: lineOf(one), Lines: []answerView{}, Open: one.Open(h.Now())}
	view.Label, view.Closed = structure.Label, one.Closed.In(h.Zone)
	lines, err := h.lifecycle.Lines(ctx, id, after, answersAtOnce+1)
	if err != nil {
		return nil, err
	}
	if len(lines) > answersAtOnce {
		lines = lines[:answersAtOnce]
		view.Next = lines[answersAtOnce-1].Account.ID
	}
	for _, l := range lines {
		a := answerView{Account: h.AccountView(l.Account), Verdict: string(l.Answer), At: l.At}
		if l.By != 0 {
			a.By = h.Party(ctx, v, l.By)
		}
		for _, verdict := range verdicts() {
			if view.Open && l.Account.State != directory.Closed && h.lifecycle.MayAnswer(v.Account, l.Account, verdict) == nil {
				a.Verdicts = append(a.Verdicts, string(verdict))
				view.Answer = true
			}
		}
		view.Lines = append(view.Lines, a)
	}
	return view, nil
}

func verdicts() []lifecycle.Answer {
	return []lifecycle.Answer{lifecycle.Keep, lifecycle.Suspend, lifecycle.Leaves}
}

// answersAtOnce is how many accounts one page, and one act, answers for.
const answersAtOnce = 100

// seenReview returns a review of a structure that the viewer answers for; NotFound for any other.
func (h *reviews) seenReview(ctx context.Context, v web.Viewer, id cloison.ActID) (lifecycle.Review, directory.Structure, error) {
	if id == 0 || !v.Has(web.NetworkRoles|web.StructureRoles) {
		return lifecycle.Review{}, directory.Structure{}, web.NotFound()
	}
	r, err := h.lifecycle.Review(ctx, id)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return r, directory.Structure{}, err
	case err != nil, v.Scope(r.Structure) != r.Structure:
		return r, directory.Structure{}, web.NotFound()
	}
	s, err := h.directory.Structure(ctx, r.Structure)
	return r, s, err
}

// reviewSubject answers for accounts, each by name: account=verdict, separated by commas.
type reviewSubject struct {
	Review  cloison.ActID `json:"review"`
	Answers string        `json:"answers"`
}

func (s reviewSubject) read() (lifecycle.Answers, error) {
	answers := lifecycle.Answers{}
	for _, pair := range strings.FieldsFunc(s.Answers, func(r rune) bool { return r == ',' || r == ' ' }) {
		name, verdict, _ := strings.Cut(pair, "=")
		id, err := cloison.ParseAccountID(name)
		if _, twice := answers[id]; err != nil || id == 0 || twice || !slices.Contains(verdicts(), lifecycle.Answer(verdict)) {
			return nil, web.BadField("answers")
		}
		answers[id] = lifecycle.Answer(verdict)
	}
	if len(answers) == 0 || len(answers) > answersAtOnce {
		return nil, web.BadField("answers")
	}
	return answers, nil
}

func (h *reviews) describeReview(ctx context.Context, v web.Viewer, s reviewSubject) (i18n.Params, error) {
	answers, err := s.read()
	if err != nil {
		return nil, err
	}
	r, structure, err := h.seenReview(ctx, v, s.Review)
	switch {
	case err != nil:
		return nil, err
	case !r.Open(h.Now()):
		return nil, web.Refuse(cloison.Conflict, "conflict")
	}
	n := map[lifecycle.Answer]int{}
	for id, verdict := range answers {
		a, err := h.Seen(ctx, v, id)
		if err != nil {
			return nil, err
		}
		if err := h.lifecycle.MayAnswer(v.Account, a, verdict); err != nil {
			return nil, err
		}
		n[verdict]++
	}
	return i18n.Params{"structure": structure.Label, "keep": n[lifecycle.Keep], "suspend": n[lifecycle.Suspend], "leaves": n[lifecycle.Leaves]}, nil
}

func (h *reviews) answerReview(ctx context.Context, v web.Viewer, s reviewSubject) (web.Outcome, error) {
	answers, err := s.read()
	if err != nil {
		return web.Outcome{}, err
	}
	if err := h.lifecycle.Answer(ctx, v.Caller(), s.Review, answers); err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Review  cloison.ActID `json:"review"`
		Answers int           `json:"answers"`
	}{s.Review, len(answers)}, Say: i18n.Params{"n": len(answers)}, Next: "/revues/" + s.Review.String()}, nil
}
