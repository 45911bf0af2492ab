package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
)

// openingPath is where a file that is not in the caseload finds its explanation; every refusal of the gateway leads
// there.
const openingPath = "/dossier"

// colleagues lists the members of the viewer's structure that can do something, by name, but for the viewer.
func (c *Console) colleagues(ctx context.Context, v viewer, roles directory.Role) ([]party, error) {
	list := []party{}
	var after cloison.AccountID
	for {
		batch, err := c.Store.Accounts(ctx, v.account.Structure, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, a := range batch {
			after = a.ID
			if a.ID != v.account.ID && a.Roles&roles != 0 && a.State == directory.Active {
				list = append(list, partyOf(a))
			}
		}
		if len(batch) < 1000 {
			slices.SortFunc(list, func(a, b party) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account)) })
			return list, nil
		}
	}
}

// receptionView is GET /accueil-public: the visits of today, and a form for the next.
type receptionView struct {
	Visits   []visitView `json:"visits"` // the viewer's own, newest first
	All      int         `json:"all"`    // of the structure
	Most     int         `json:"most"`   // that the viewer may register in a day
	Advisers []party     `json:"advisers"`
}

type visitView struct {
	At      time.Time `json:"at"`
	Person  string    `json:"person"`
	Adviser party     `json:"adviser"`
}

func (r *receptionView) title(s say) string { return numbered(s, "reception.title", len(r.Visits)) }

func (c *Console) reception(r *http.Request, v viewer) (titled, error) {
	own, all, err := c.Desk.Visits(r.Context(), v.caller())
	if err != nil {
		return nil, err
	}
	view := &receptionView{Visits: []visitView{}, All: all, Most: c.Desk.Settings().VisitsPerReception}
	if view.Advisers, err = c.colleagues(r.Context(), v, readers); err != nil {
		return nil, err
	}
	for _, g := range own {
		of, err := c.Store.Account(r.Context(), g.Account)
		if err != nil {
			return nil, err
		}
		view.Visits = append(view.Visits, visitView{g.Made, string(g.Person), partyOf(of)})
	}
	return view, nil
}

// openingView is GET /dossier: what opens a file that is not in the viewer's caseload, and what the viewer asked for.
type openingView struct {
	Opened     []openedView  `json:"opened"`   // at the desk, for the viewer, now
	Requests   []requestView `json:"requests"` // of the week, newest first
	Codes      bool          `json:"codes"`    // persons can be given codes
	Most       int           `json:"most"`     // break-glasses that the viewer may ask for in a day
	Colleagues []party       `json:"colleagues"`
	Absent     []party       `json:"-"`
	Tools      []Tool        `json:"-"`
}

type openedView struct {
	Person string    `json:"person"`
	Means  string    `json:"means"`
	Until  time.Time `json:"until"`
}

// requestView is a request as its maker and the colleague asked see it.
type requestView struct {
	Request cloison.ActID    `json:"request"`
	Version int64            `json:"version"`
	Kind    explanation.Kind `json:"kind"`
	State   string           `json:"state"` // "over": it waited too long
	By      party            `json:"by"`
	Asked   party            `json:"asked"`
	Of      party            `json:"of,omitzero"`
	Person  string           `json:"person,omitempty"`
	Reason  string           `json:"reason,omitempty"`
	Since   time.Time        `json:"since,omitzero"`
	Until   time.Time        `json:"until,omitzero"`
	Made    time.Time        `json:"made"`
	Expires time.Time        `json:"expires"`
	Waits   bool             `json:"waits"`
}

func (o *openingView) title(s say) string { return numbered(s, "opening.title", len(o.Opened)) }

func (c *Console) opening(r *http.Request, v viewer) (titled, error) {
	ctx, now := r.Context(), c.Now()
	view := &openingView{Opened: []openedView{}, Requests: []requestView{}, Codes: c.Desk.TakesCodes(), Tools: c.Tools,
		Most: c.Desk.Settings().BreakGlassPerAccount}
	grants, err := c.Store.Grants(ctx, v.account.ID, now)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		view.Opened = append(view.Opened, openedView{string(g.Person), string(g.Means), g.Until})
	}
	if view.Colleagues, err = c.colleagues(ctx, v, confirmers); err != nil {
		return nil, err
	}
	if view.Absent, err = c.colleagues(ctx, v, readers); err != nil {
		return nil, err
	}
	list, err := c.Desk.Mine(ctx, v.caller())
	if err != nil {
		return nil, err
	}
	view.Requests, err = c.requests(ctx, list)
	return view, err
}

// requests names who is in each. Those who look have a part in them, or answer for the structure.
func (c *Console) requests(ctx context.Context, list []explanation.Request) ([]requestView, error) {
	names := map[cloison.AccountID]party{0: {}}
	name := func(id cloison.AccountID) (party, error) {
		if p, ok := names[id]; ok {
			return p, nil
		}
		a, err := c.Store.Account(ctx, id)
		names[id] = partyOf(a)
		return names[id], err
	}
	views := make([]requestView, 0, len(list))
	for _, r := range list {
		view := requestView{Request: r.ID, Version: r.Version, Kind: r.Kind, State: string(r.State), Person: string(r.Person), Reason: r.Reason.Reveal(),
			Since: r.Since, Until: r.Until, Made: r.Made, Expires: r.Expires, Waits: c.Desk.Live(r)}
		if r.State == explanation.Open && !view.Waits {
			view.State = "over"
		}
		for id, to := range map[*party]cloison.AccountID{&view.By: r.By, &view.Asked: r.Asked, &view.Of: r.Of} {
			p, err := name(to)
			if err != nil {
				return nil, err
			}
			*id = p
		}
		views = append(views, view)
	}
	return views, nil
}

// confirmationsView is GET /confirmations: what colleagues ask of the viewer.
type confirmationsView struct {
	Waiting []requestView `json:"waiting"`
}

func (w *confirmationsView) title(s say) string {
	return numbered(s, "confirmations.title", len(w.Waiting))
}

func (c *Console) confirmations(r *http.Request, v viewer) (titled, error) {
	list, err := c.Desk.Asked(r.Context(), v.caller())
	if err != nil {
		return nil, err
	}
	views, err := c.requests(r.Context(), list)
	return &confirmationsView{views}, err
}

// glassesView is GET /bris-de-glace: the files that were opened against the rule this week, and who does it with whom.
type glassesView struct {
	Opened []requestView `json:"opened"` // newest first; the director is not told the person
	Pairs  []breakPair   `json:"pairs"`  // the most frequent first
}

type breakPair struct {
	By    party `json:"by"`
	Asked party `json:"asked"`
	Count int   `json:"count"`
}

func (g *glassesView) title(s say) string { return numbered(s, "glasses.title", len(g.Opened)) }

func (c *Console) glasses(r *http.Request, v viewer) (titled, error) {
	list, err := c.Desk.Broken(r.Context(), v.scope(""))
	if err != nil {
		return nil, err
	}
	view := &glassesView{Pairs: []breakPair{}}
	if view.Opened, err = c.requests(r.Context(), list); err != nil {
		return nil, err
	}
	for i := range view.Opened {
		o := &view.Opened[i]
		if !v.has(network) {
			o.Person = ""
		}
		at := slices.IndexFunc(view.Pairs, func(p breakPair) bool { return p.By == o.By && p.Asked == o.Asked })
		if at < 0 {
			at, view.Pairs = len(view.Pairs), append(view.Pairs, breakPair{o.By, o.Asked, 0})
		}
		view.Pairs[at].Count++
	}
	slices.SortStableFunc(view.Pairs, func(a, b breakPair) int { return cmp.Compare(b.Count, a.Count) })
	return view, nil
}

// toOpening leads from a tool's host to the console's page: GET /cloison/dossier.
func (c *Console) toOpening(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", c.URL+openingPath)
	w.WriteHeader(http.StatusSeeOther)
}
