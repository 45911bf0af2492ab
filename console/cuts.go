package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/incident/exposure"
)

// cutView is one cut.
type cutView struct {
	ID        cloison.ActID       `json:"id"`
	At        time.Time           `json:"at"`
	Since     time.Time           `json:"since"` // the presumed compromise
	Root      party               `json:"root"`
	By        party               `json:"by,omitzero"` // zero: the system, on an alarm
	Alarm     int64               `json:"alarm"`       // 0: a person decided
	Reason    string              `json:"reason"`
	Accounts  []cloison.AccountID `json:"accounts"`
	Parties   []party             `json:"-"`
	Suspended int                 `json:"suspended"`
	Sessions  int                 `json:"sessions"`
	Proposals int                 `json:"proposals"`
	Codes     int                 `json:"codes"`
	UndoAsked party               `json:"undo_asked,omitzero"` // by the first of the two who undo
	Undone    time.Time           `json:"undone,omitzero"`
	MayUndo   bool                `json:"-"`
}

func (c *Console) cutView(ctx context.Context, v viewer, cut contain.Cut) cutView {
	one := cutView{ID: cut.ID, At: cut.At, Since: cut.Since, Root: c.party(ctx, v, cut.Root), By: c.party(ctx, v, cut.By), Alarm: cut.Alarm,
		Reason: cut.Reason, Accounts: cut.Accounts, Suspended: cut.Effect.Accounts, Sessions: cut.Effect.Sessions, Proposals: cut.Effect.Proposals,
		Codes: cut.Effect.Codes, UndoAsked: c.party(ctx, v, cut.UndoAsk), Undone: cut.Undone,
		MayUndo: cut.Undone.IsZero() && v.has(directory.Officer) && cut.UndoAsk != v.account.ID && !slices.Contains(cut.Accounts, v.account.ID)}
	for _, id := range cut.Accounts {
		one.Parties = append(one.Parties, c.party(ctx, v, id))
	}
	return one
}

// cutsView is GET /confinements?since=: newest first.
type cutsView struct {
	Cuts  []cutView `json:"cuts"`
	Since time.Time `json:"since"`
}

func (k *cutsView) title(s say) string { return numbered(s, "cuts.title", len(k.Cuts)) }

const cutsBack = 90 * 24 * time.Hour

func (c *Console) cuts(r *http.Request, v viewer) (titled, error) {
	since, err := c.sinceOf(r, cutsBack)
	if err != nil {
		return nil, err
	}
	all, err := c.Container.Cuts(r.Context())
	if err != nil {
		return nil, err
	}
	view := &cutsView{Cuts: []cutView{}, Since: since}
	if i := slices.IndexFunc(all, func(cut contain.Cut) bool { return cut.At.Before(since) }); i >= 0 {
		all = all[:i]
	}
	var named []cloison.AccountID
	for _, cut := range all {
		named = append(append(named, cut.Root, cut.By, cut.UndoAsk), cut.Accounts...)
	}
	if err := c.know(r.Context(), v, named); err != nil {
		return nil, err
	}
	for _, cut := range all {
		if _, err := c.seen(r.Context(), v, cut.Root); err != nil {
			continue
		}
		view.Cuts = append(view.Cuts, c.cutView(r.Context(), v, cut))
	}
	return view, nil
}

// previewView is GET /confinements/apercu?account=&since=: what a cut would do.
type previewView struct {
	Root      party         `json:"root"`
	Named     party         `json:"named"`
	Since     time.Time     `json:"since"`
	Accounts  []broughtView `json:"accounts"`
	Sessions  int           `json:"sessions"`
	Proposals int           `json:"proposals"`
	Look      []lookView    `json:"look"`  // not cut: for a person to look at
	Shown     int           `json:"shown"` // persons shown to these accounts since
}

type broughtView struct {
	party
	How   string            `json:"how"`
	From  cloison.AccountID `json:"from,omitzero"`
	State string            `json:"state"`
}

type lookView struct {
	party
	How string `json:"how"`
	Of  party  `json:"of"`
}

func (p *previewView) title(s say) string { return s("preview.title", "n", len(p.Accounts)) }

func (c *Console) preview(r *http.Request, v viewer) (titled, error) {
	ctx := r.Context()
	id, err := cloison.ParseAccountID(r.URL.Query().Get("account"))
	if err != nil {
		return nil, notFound()
	}
	var since time.Time
	if s := r.URL.Query().Get("since"); s != "" {
		if since, err = parseMoment(s, c.Gauge.Zone); err != nil {
			return nil, err
		}
	}
	p, err := c.plan(ctx, v, id, since)
	if err != nil {
		return nil, err
	}
	view := &previewView{Root: c.party(ctx, v, p.Root), Named: c.party(ctx, v, p.Named), Since: p.Since, Accounts: []broughtView{}, Sessions: len(p.Sessions),
		Proposals: len(p.Proposals), Look: []lookView{}}
	persons := map[cloison.PersonRef]bool{}
	for _, b := range p.Accounts {
		view.Accounts = append(view.Accounts, broughtView{partyOf(b.Account), b.How, b.From, b.Account.State.String()})
		err := c.Store.Disclosures(ctx, b.Account.ID, p.Since, time.Time{}, func(d exposure.Disclosed) error {
			persons[d.Person] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, l := range p.Review {
		view.Look = append(view.Look, lookView{c.party(ctx, v, l.Account), l.How, c.party(ctx, v, l.Of)})
	}
	view.Shown = len(persons)
	return view, nil
}
