package self

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/console/web"
	"cloison/incident/exposure"
	"cloison/wall/disclose"
)

// caseloadPage is how many persons of the caseload are shown at once: the page has other things to say.
const caseloadPage = 20

// lookBack is how many days of one's own disclosures are counted.
const lookBack = 14

// spaceView is GET /mon-espace: what the viewer may still read today, why, and what the viewer has read.
type spaceView struct {
	Reads          bool            `json:"reads"` // a role of the viewer's opens files
	Today          disclose.Usage  `json:"today"`
	Left           int             `json:"left"`        // persons who can still be shown today
	Unexplained    int             `json:"unexplained"` // of them, at most this many that nobody else explained
	Alarm          string          `json:"alarm"`
	ProbationUntil time.Time       `json:"probation_until,omitzero"`
	Training       time.Time       `json:"awareness_until,omitzero"`
	Trained        bool            `json:"trained"`
	Caseload       int             `json:"caseload"`
	Persons        []ownPerson     `json:"persons"`        // a page of the caseload, by number
	Next           int             `json:"next,omitempty"` // the next page: ?after= this many, since no address may hold a person's number
	Covers         []ownCover      `json:"covers"`
	Days           []ownDay        `json:"days"` // newest first
	Rows           []ownDisclosure `json:"rows"` // of the day, newest first
	More           int             `json:"more"` // rows of the day that are not listed
	Keys           int             `json:"passkeys"`
}

// Narrow reports whether another limit than the account's own is what is left: the structure's, or the lineage's.
func (v *spaceView) Narrow() bool { return v.Reads && v.Left < v.Today.Cap-v.Today.Shown }

func (v *spaceView) Title(s web.Say) string {
	switch {
	case !v.Reads:
		return s("space.title")
	case !v.Trained:
		return s("space.title_untrained")
	}
	return web.Numbered(s, "space.title_left", v.Left)
}

// ownPerson is one person of the viewer's caseload, by the number alone.
type ownPerson struct {
	Person string    `json:"person"`
	Means  string    `json:"means"`
	Until  time.Time `json:"until,omitzero"`
}

// ownCover is a colleague whose caseload the viewer meets.
type ownCover struct {
	Of    web.Party `json:"of"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// ownDay counts the viewer's disclosures of a day.
type ownDay struct {
	Day     time.Time `json:"day"`
	Persons int       `json:"persons"`
	Rows    int       `json:"rows"`
}

// ownDisclosure is one row of the viewer's.
type ownDisclosure struct {
	At     time.Time `json:"at"`
	Person string    `json:"person"`
	Fields []string  `json:"fields"`
	Means  string    `json:"means"`
}

func (h *space) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, now := r.Context(), h.Now()
	view := &spaceView{Reads: v.Has(directory.Adviser | directory.Reception), Training: v.Account.AwarenessUntil,
		Trained: now.Before(v.Account.AwarenessUntil), Persons: []ownPerson{}, Covers: []ownCover{}, Days: []ownDay{}, Rows: []ownDisclosure{}}
	if v.Account.OnProbation(now) {
		view.ProbationUntil = v.Account.ProbationUntil
	}
	keys, err := h.Signin.Passkeys(ctx, v.Session)
	if err != nil {
		return nil, err
	}
	view.Keys = len(keys)
	if !view.Reads {
		return view, nil
	}
	for _, fill := range []func(context.Context, web.Viewer, *spaceView) error{h.ownReach, h.ownCovers, h.ownRows} {
		if err := fill(ctx, v, view); err != nil {
			return nil, err
		}
	}
	return view, h.ownCaseload(ctx, v, view, r.URL.Query().Get("after"))
}

// ownReach measures the viewer's lineage alone.
func (h *space) ownReach(ctx context.Context, v web.Viewer, view *spaceView) error {
	gauge, err := h.lineages.Of(ctx, v.Account.Lineage)
	if err != nil {
		return err
	}
	reach, err := gauge.Of(ctx, v.Account.ID)
	if err != nil {
		return err
	}
	view.Left, view.Unexplained = reach.Persons, reach.Unexplained
	view.Today, err = h.lineages.Gauge.Usage(ctx, v.Account, v.Session.ID)
	view.Alarm = view.Today.Alarm.String()
	return err
}

func (h *space) ownCovers(ctx context.Context, v web.Viewer, view *spaceView) error {
	list, err := h.explanations.Covers(ctx, v.Account.ID)
	if err != nil {
		return err
	}
	for _, d := range list {
		of, err := h.Accounts.Account(ctx, d.Of) // the viewer reads this colleague's files: the name is no secret
		if err != nil {
			return err
		}
		view.Covers = append(view.Covers, ownCover{web.PartyOf(of), d.Since, d.Until})
	}
	return nil
}

// ownCaseload lists a page of the persons that the import explains to the viewer.
func (h *space) ownCaseload(ctx context.Context, v web.Viewer, view *spaceView, after string) error {
	all, err := h.store.Caseload(ctx, v.Account.ID, h.Now())
	if err != nil {
		return err
	}
	view.Caseload = len(all)
	refs := slices.Sorted(maps.Keys(all))
	at := 0
	if after != "" {
		if at, err = strconv.Atoi(after); err != nil || at < 0 {
			return web.NotFound()
		}
	}
	at = min(at, len(refs))
	for _, ref := range refs[at:min(at+caseloadPage, len(refs))] {
		view.Persons = append(view.Persons, ownPerson{string(ref), string(all[ref].Means), all[ref].Until})
	}
	if at+caseloadPage < len(refs) {
		view.Next = at + caseloadPage
	}
	return nil
}

// ownRows counts the viewer's rows of the last days, and lists those of today.
func (h *space) ownRows(ctx context.Context, v web.Viewer, view *spaceView) error {
	now := h.Now().In(h.Zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, h.Zone)
	persons := map[cloison.PersonRef]bool{}
	err := h.store.Disclosures(ctx, v.Account.ID, today.AddDate(0, 0, 1-lookBack), time.Time{}, func(d exposure.Disclosed) error {
		at := time.UnixMilli(d.At).In(h.Zone)
		day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, h.Zone)
		if n := len(view.Days); n == 0 || !view.Days[n-1].Day.Equal(day) {
			view.Days = append(view.Days, ownDay{Day: day})
			clear(persons)
		}
		last := &view.Days[len(view.Days)-1]
		last.Rows++
		if !persons[d.Person] {
			persons[d.Person] = true
			last.Persons++
		}
		if day.Equal(today) {
			view.Rows = append(view.Rows, ownDisclosure{at, string(d.Person), d.Fields.Names(), kindOf(d.Explanation)})
		}
		return nil
	})
	slices.Reverse(view.Days)
	slices.Reverse(view.Rows)
	if view.More = max(0, len(view.Rows)-web.PageLength); view.More > 0 {
		view.Rows = view.Rows[:web.PageLength]
	}
	return err
}

// kindOf is the word of an explanation; of a row without one, none.
func kindOf(explanation string) string {
	for i, r := range explanation {
		if r == ':' {
			return explanation[:i]
		}
	}
	return cmp.Or(explanation, "none")
}
