package incident

import (
	"context"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/console/web"
	"cloison/incident/contain"
)

// cutView is one cut.
type cutView struct {
	ID        cloison.ActID       `json:"id"`
	At        time.Time           `json:"at"`
	Since     time.Time           `json:"since"` // the presumed compromise
	Root      web.Party           `json:"root"`
	By        web.Party           `json:"by,omitzero"` // zero: the system, on an alarm
	Alarm     int64               `json:"alarm"`       // 0: a person decided
	Reason    string              `json:"reason"`
	Accounts  []cloison.AccountID `json:"accounts"`
	Parties   []web.Party         `json:"-"`
	Suspended int                 `json:"suspended"`
	Sessions  int                 `json:"sessions"`
	Proposals int                 `json:"proposals"`
	Codes     int                 `json:"codes"`
	UndoAsked web.Party           `json:"undo_asked,omitzero"` // by the first of the two who undo
	Undone    time.Time           `json:"undone,omitzero"`
	MayUndo   bool                `json:"-"`
}

func (h *incident) cutView(ctx context.Context, v web.Viewer, cut contain.Cut) cutView {
	one := cutView{ID: cut.ID, At: cut.At, Since: cut.Since, Root: h.Party(ctx, v, cut.Root), By: h.Party(ctx, v, cut.By), Alarm: cut.Alarm,
		Reason: cut.Reason, Accounts: cut.Accounts, Suspended: cut.Effect.Accounts, Sessions: cut.Effect.Sessions, Proposals: cut.Effect.Proposals,
		Codes: cut.Effect.Codes, UndoAsked: h.Party(ctx, v, cut.UndoAsk), Undone: cut.Undone}
	if cut.Undone.IsZero() && v.Has(directory.Officer) {
		_, err := h.container.MayUndo(ctx, v.Caller(), cut.ID)
		one.MayUndo = err == nil
	}
	for _, id := range cut.Accounts {
		one.Parties = append(one.Parties, h.Party(ctx, v, id))
	}
	return one
}

// cutsView is GET /confinements?since=: newest first.
type cutsView struct {
	Cuts  []cutView `json:"cuts"`
	Since time.Time `json:"since"`
}

func (k *cutsView) Title(s web.Say) string { return web.Numbered(s, "cuts.title", len(k.Cuts)) }

const cutsBack = 90 * 24 * time.Hour

func (h *cuts) page(r *http.Request, v web.Viewer) (web.View, error) {
	since, err := h.sinceOf(r, cutsBack)
	if err != nil {
		return nil, err
	}
	all, err := h.container.Cuts(r.Context())
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
	if err := h.Know(r.Context(), v, named); err != nil {
		return nil, err
	}
	for _, cut := range all {
		if _, err := h.Seen(r.Context(), v, cut.Root); err != nil {
			continue
		}
		view.Cuts = append(view.Cuts, h.cutView(r.Context(), v, cut))
	}
	return view, nil
}

// previewView is GET /confinements/apercu?account=&since=: what a cut would do.
type previewView struct {
	Root      web.Party     `json:"root"`
	Named     web.Party     `json:"named"`
	Since     time.Time     `json:"since"`
	Accounts  []broughtView `json:"accounts"`
	Sessions  int           `json:"sessions"`
	Proposals int           `json:"proposals"`
	Look      []lookView    `json:"look"`  // not cut: for a person to look at
	Shown     int           `json:"shown"` // persons shown to these accounts since
}

type broughtView struct {
	web.Party
	How   string            `json:"how"`
	From  cloison.AccountID `json:"from,omitzero"`
	State string            `json:"state"`
}

type lookView struct {
	web.Party
	How string    `json:"how"`
	Of  web.Party `json:"of"`
}

func (p *previewView) Title(s web.Say) string { return s("preview.title", "n", len(p.Accounts)) }

func (h *cuts) preview(r *http.Request, v web.Viewer) (web.View, error) {
	ctx := r.Context()
	q := h.Query(r)
	id, since := q.Account("account"), q.Time("since")
	if q.Err != nil {
		return nil, q.Err
	}
	p, err := h.plan(ctx, v, id, since)
	if err != nil {
		return nil, err
	}
	view := &previewView{Root: h.Party(ctx, v, p.Root), Named: h.Party(ctx, v, p.Named), Since: p.Since, Accounts: []broughtView{}, Sessions: len(p.Sessions),
		Proposals: len(p.Proposals), Look: []lookView{}}
	var cut []cloison.AccountID
	for _, b := range p.Accounts {
		cut = append(cut, b.Account.ID)
		view.Accounts = append(view.Accounts, broughtView{web.PartyOf(b.Account), b.How, b.From, b.Account.State.String()})
	}
	if view.Shown, err = h.exposures.Persons(ctx, cut, p.Since, time.Time{}); err != nil {
		return nil, err
	}
	for _, l := range p.Review {
		view.Look = append(view.Look, lookView{h.Party(ctx, v, l.Account), l.How, h.Party(ctx, v, l.Of)})
	}
	return view, nil
}
