package people

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/console/web"
)

// postureView is one structure as those see it who answer for it.
type postureView struct {
	ID         cloison.StructureID `json:"id"`
	Label      string              `json:"label"`
	Network    string              `json:"network"`
	Area       string              `json:"area"`
	Into       cloison.StructureID `json:"merged_into,omitempty"`
	Accounts   int                 `json:"accounts"`
	Active     int                 `json:"active"`
	Pending    int                 `json:"pending"`
	Suspended  int                 `json:"suspended"`
	Probation  int                 `json:"on_probation"`
	Dormant    int                 `json:"dormant"`
	WithKey    int                 `json:"with_passkey"`
	WithTwo    int                 `json:"with_two_passkeys"`
	Trained    int                 `json:"training_valid"`
	Due        int                 `json:"training_due"`
	Expired    int                 `json:"training_expired"`
	Keyed      int                 `json:"-"` // percent
	Twice      int                 `json:"-"`
	Taught     int                 `json:"-"`
	MedianDay  int                 `json:"median_day"`
	Reach      int                 `json:"reach_per_day"` // persons that any one stolen account of it reaches, at most
	Review     cloison.ActID       `json:"review,omitzero"`
	ReviewDue  time.Time           `json:"review_due,omitzero"`
	Waiting    int                 `json:"review_waiting"`
	ReviewedAt time.Time           `json:"reviewed_at,omitzero"`
}

// Late reports whether the structure asks for attention: an account that nobody uses, or one active account in ten
// without passkey or training.
func (p postureView) Late() bool {
	return p.Dormant > 0 || p.Active > 0 && (p.Keyed < 90 || p.Taught < 90)
}

func (h *structures) postureView(p lifecycle.Posture) postureView {
	caps := h.lineages.Gauge.Bound.Caps
	return postureView{ID: p.Structure.ID, Label: p.Structure.Label, Network: p.Structure.Network, Area: p.Structure.Area, Into: p.Structure.Into,
		Accounts: p.Accounts(), Active: p.Active, Pending: p.Pending, Suspended: p.Suspended, Probation: p.Probation, Dormant: p.Dormant,
		WithKey: p.WithKey, WithTwo: p.WithTwo, Trained: p.Trained, Due: p.Due, Expired: p.Active - p.Trained,
		Keyed: p.Share(p.WithKey), Twice: p.Share(p.WithTwo), Taught: p.Share(p.Trained), MedianDay: p.Structure.MedianDay,
		Reach:  min(caps.Structure(p.Structure.MedianDay), (p.Readers-p.Newcomer)*caps.Account(false)+p.Newcomer*caps.Account(true)),
		Review: p.Review, ReviewDue: p.ReviewDue, Waiting: p.Waiting, ReviewedAt: p.ReviewedAt}
}

// structuresView is GET /structures: the posture of each.
type structuresView struct {
	Structures []postureView `json:"structures"`
	Total      int           `json:"total"`
	Late       int           `json:"late"`
	Networks   []string      `json:"-"`
	Areas      []string      `json:"-"`
	Network    string        `json:"-"`
	Area       string        `json:"-"`
	Search     string        `json:"-"`
	By         string        `json:"-"`
	Next       string        `json:"-"` // the address of the page after
	Alone      bool          `json:"-"` // the viewer sees its own alone
}

func (s *structuresView) Title(say web.Say) string {
	return say("structures.title", "n", s.Late, "total", s.Total)
}

// To is the address of this list, sorted so.
func (s *structuresView) To(by string) string { return s.at(by, 0) }

func (s *structuresView) at(by string, from int) string {
	q := url.Values{}
	for name, value := range map[string]string{"network": s.Network, "area": s.Area, "q": s.Search, "by": by} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if from > 0 {
		q.Set("from", strconv.Itoa(from))
	}
	return "/structures?" + q.Encode()
}

// orders are the columns by which structures are sorted, those that ask for attention first.
func orders() map[string]func(a, b postureView) int {
	return map[string]func(a, b postureView) int{
		"name":     func(a, b postureView) int { return cmp.Compare(a.Label, b.Label) },
		"accounts": func(a, b postureView) int { return cmp.Compare(b.Accounts, a.Accounts) },
		"keys":     func(a, b postureView) int { return cmp.Compare(a.Keyed, b.Keyed) },
		"training": func(a, b postureView) int { return cmp.Compare(a.Taught, b.Taught) },
		"dormant":  func(a, b postureView) int { return cmp.Compare(b.Dormant, a.Dormant) },
		"review":   func(a, b postureView) int { return cmp.Compare(b.Waiting, a.Waiting) },
		"reach":    func(a, b postureView) int { return cmp.Compare(b.Reach, a.Reach) },
	}
}

func (h *structures) list(r *http.Request, v web.Viewer) (web.View, error) {
	q := h.Query(r)
	view := &structuresView{Structures: []postureView{}, Network: q.Get("network"), Area: q.Get("area"), Search: strings.TrimSpace(q.Get("q")),
		By: q.Get("by"), Alone: !v.Has(web.NetworkRoles)}
	order, ok := orders()[cmp.Or(view.By, "name")]
	if !ok {
		return nil, web.NotFound()
	}
	from := q.From("from")
	if q.Err != nil {
		return nil, q.Err
	}
	list, err := h.lifecycle.Postures(r.Context(), v.Scope(""))
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		view.Networks, view.Areas = append(view.Networks, p.Structure.Network), append(view.Areas, p.Structure.Area)
		if p.Structure.Into != "" && !web.WantsJSON(r) {
			continue
		}
		text := strings.ToLower(p.Structure.Label + " " + string(p.Structure.ID))
		if view.Network != "" && p.Structure.Network != view.Network || view.Area != "" && p.Structure.Area != view.Area ||
			!strings.Contains(text, strings.ToLower(view.Search)) {
			continue
		}
		one := h.postureView(p)
		view.Structures = append(view.Structures, one)
		if view.Total++; one.Late() {
			view.Late++
		}
	}
	view.Networks, view.Areas = choices(view.Networks), choices(view.Areas)
	slices.SortStableFunc(view.Structures, order)
	if web.WantsJSON(r) {
		return view, nil
	}
	view.Structures = view.Structures[min(from, len(view.Structures)):]
	if len(view.Structures) > web.PageLength {
		view.Structures, view.Next = view.Structures[:web.PageLength], view.at(view.By, from+web.PageLength)
	}
	return view, nil
}

// choices are the distinct values of a filter, sorted.
func choices(values []string) []string {
	slices.Sort(values)
	return slices.DeleteFunc(slices.Compact(values), func(s string) bool { return s == "" })
}

// structureView is GET /structures/{id}.
type structureView struct {
	postureView
	Reviews []ReviewLine `json:"reviews"`
	Mergers []mergerView `json:"mergers"`
	Others  []string     `json:"-"` // that it may join
}

func (s *structureView) Title(say web.Say) string {
	if s.Into != "" {
		return say("structure.title_merged", "label", s.Label, "into", string(s.Into))
	}
	return say("structure.title", "label", s.Label, "n", s.Accounts)
}

func (h *structures) one(r *http.Request, v web.Viewer) (web.View, error) {
	p, err := h.seenStructure(r.Context(), v, cloison.StructureID(r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	view := &structureView{postureView: h.postureView(p)}
	if view.Mergers, err = h.mergersOf(r.Context(), v, p.Structure.ID); err != nil {
		return nil, err
	}
	if view.Reviews, err = Reviews(r.Context(), h.lifecycle, p.Structure.ID); err != nil || !v.Has(directory.Officer) || web.WantsJSON(r) {
		return view, err
	}
	view.Others, err = h.structureNames(r.Context())
	return view, err
}

// structureNames lists the structures that stand, to choose from: what is chosen begins with the identifier.
func (h *people) structureNames(ctx context.Context) (names []string, err error) {
	all, err := h.directory.Structures(ctx)
	for _, s := range all {
		if s.Into == "" {
			names = append(names, string(s.ID)+" – "+s.Label)
		}
	}
	return names, err
}

// seenStructure returns a structure that the viewer answers for; NotFound for any other, whether it exists or not.
func (h *people) seenStructure(ctx context.Context, v web.Viewer, id cloison.StructureID) (lifecycle.Posture, error) {
	if id == "" || v.Scope(id) != id {
		return lifecycle.Posture{}, web.NotFound()
	}
	list, err := h.lifecycle.Postures(ctx, id)
	if err == nil && len(list) == 0 {
		err = web.NotFound()
	}
	if err != nil {
		return lifecycle.Posture{}, err
	}
	return list[0], nil
}
