package console

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
	"cloison/internal/i18n"
)

// Review is the verb of those who answer in a review.
const Review signin.Verb = "review"

// reviewLine is one review in a list.
type reviewLine struct {
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

func lineOf(r lifecycle.Review) reviewLine {
	n := r.Answers
	return reviewLine{Review: r.ID, Structure: r.Structure, Opened: r.Opened, Due: r.Due, Closed: r.Closed, Accounts: r.Accounts,
		Answered: r.Accounts - n[lifecycle.Waiting], Waiting: n[lifecycle.Waiting], Kept: n[lifecycle.Keep], Left: n[lifecycle.Leaves],
		Suspended: n[lifecycle.Suspend], Lapsed: n[lifecycle.Lapsed]}
}

const reviewsShown = 1000

func (c *Console) reviewLines(ctx context.Context, structure cloison.StructureID) ([]reviewLine, error) {
	list, err := c.Tenure.Reviews(ctx, structure, reviewsShown)
	lines := make([]reviewLine, len(list))
	for i, r := range list {
		lines[i] = lineOf(r)
	}
	return lines, err
}

// reviewsView is GET /revues.
type reviewsView struct {
	Reviews []reviewLine `json:"reviews"`
	Waiting int          `json:"waiting"` // open ones with accounts that nobody answered for
}

func (r *reviewsView) title(s say) string { return numbered(s, "reviews.title", r.Waiting) }

func (c *Console) reviews(r *http.Request, v viewer) (titled, error) {
	ctx := r.Context()
	lines, err := c.reviewLines(ctx, v.scope(""))
	if err != nil {
		return nil, err
	}
	structures, err := c.Store.Structures(ctx)
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
	slices.SortStableFunc(lines, func(a, b reviewLine) int {
		if a.Closed.IsZero() && b.Closed.IsZero() {
			return b.Waiting - a.Waiting
		}
		return 0
	})
	if !wantsJSON(r) && len(lines) > 2*pageLength {
		view.Reviews = lines[:2*pageLength]
	}
	return view, nil
}

// reviewView is GET /revues/{id}: its accounts, and the form to answer for them.
type reviewView struct {
	reviewLine
	Lines  []answerView      `json:"lines"`
	Open   bool              `json:"open"`
	Next   cloison.AccountID `json:"next,omitzero"`
	Answer bool              `json:"-"` // the viewer may answer for somebody on this page
}

type answerView struct {
	Account  accountView `json:"account"`
	Verdict  string      `json:"verdict"`
	At       time.Time   `json:"at,omitzero"`
	By       party       `json:"by,omitzero"`
	Verdicts []string    `json:"-"` // those that the viewer may give
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

func (r *reviewView) title(s say) string {
	if !r.Open {
		return s("review.title_closed", "label", r.Label, "at", r.Closed)
	}
	return s("review.title", "n", r.Waiting, "label", r.Label)
}

func (c *Console) review(r *http.Request, v viewer) (titled, error) {
	ctx := r.Context()
	id, err := cloison.ParseActID(r.PathValue("id"))
	if err != nil {
		return nil, notFound()
	}
	one, structure, err := c.seenReview(ctx, v, id)
	if err != nil {
		return nil, err
	}
	after, err := cloison.ParseAccountID(r.URL.Query().Get("after"))
	if err != nil {
		return nil, notFound()
	}
	view := &reviewView{reviewLine: lineOf(one), Lines: []answerView{}, Open: one.Closed.IsZero() && c.Now().Before(one.Due)}
	view.Label, view.Closed = structure.Label, one.Closed.In(c.Gauge.Zone)
	lines, err := c.Tenure.Lines(ctx, id, after, answersAtOnce+1)
	if err != nil {
		return nil, err
	}
	if len(lines) > answersAtOnce {
		lines = lines[:answersAtOnce]
		view.Next = lines[answersAtOnce-1].Account.ID
	}
	for _, l := range lines {
		a := answerView{Account: c.accountView(l.Account), Verdict: string(l.Verdict), At: l.At}
		if l.By != 0 {
			a.By = c.party(ctx, v, l.By)
		}
		for _, verdict := range verdicts() {
			if view.Open && l.Account.State != directory.Closed && c.Tenure.MayAnswer(v.account, l.Account, verdict) == nil {
				a.Verdicts = append(a.Verdicts, string(verdict))
				view.Answer = true
			}
		}
		view.Lines = append(view.Lines, a)
	}
	return view, nil
}

func verdicts() []lifecycle.Verdict {
	return []lifecycle.Verdict{lifecycle.Keep, lifecycle.Suspend, lifecycle.Leaves}
}

// answersAtOnce is how many accounts one page, and one act, answers for.
const answersAtOnce = 100

// seenReview returns a review of a structure that the viewer answers for; NotFound for any other.
func (c *Console) seenReview(ctx context.Context, v viewer, id cloison.ActID) (lifecycle.Review, directory.Structure, error) {
	if id == 0 || !v.has(network|house) {
		return lifecycle.Review{}, directory.Structure{}, notFound()
	}
	r, err := c.Tenure.Review(ctx, id)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return r, directory.Structure{}, err
	case err != nil, v.scope(r.Structure) != r.Structure:
		return r, directory.Structure{}, notFound()
	}
	s, err := c.Store.Structure(ctx, r.Structure)
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
		if _, twice := answers[id]; err != nil || id == 0 || twice || !slices.Contains(verdicts(), lifecycle.Verdict(verdict)) {
			return nil, badField("answers")
		}
		answers[id] = lifecycle.Verdict(verdict)
	}
	if len(answers) == 0 || len(answers) > answersAtOnce {
		return nil, badField("answers")
	}
	return answers, nil
}

func (c *Console) aboutReview(ctx context.Context, v viewer, s reviewSubject) (i18n.Params, error) {
	answers, err := s.read()
	if err != nil {
		return nil, err
	}
	r, structure, err := c.seenReview(ctx, v, s.Review)
	switch {
	case err != nil:
		return nil, err
	case !r.Closed.IsZero() || !c.Now().Before(r.Due):
		return nil, refuse(cloison.Conflict, "conflict")
	}
	n := map[lifecycle.Verdict]int{}
	for id, verdict := range answers {
		a, err := c.seen(ctx, v, id)
		if err != nil {
			return nil, err
		}
		if err := c.Tenure.MayAnswer(v.account, a, verdict); err != nil {
			return nil, err
		}
		n[verdict]++
	}
	return i18n.Params{"structure": structure.Label, "keep": n[lifecycle.Keep], "suspend": n[lifecycle.Suspend], "leaves": n[lifecycle.Leaves]}, nil
}

func (c *Console) answerReview(ctx context.Context, v viewer, s reviewSubject) (outcome, error) {
	answers, err := s.read()
	if err != nil {
		return outcome{}, err
	}
	if err := c.Tenure.Answer(ctx, v.caller(), s.Review, answers); err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Review  cloison.ActID `json:"review"`
		Answers int           `json:"answers"`
	}{s.Review, len(answers)}, say: i18n.Params{"n": len(answers)}, next: "/revues/" + s.Review.String()}, nil
}
