package people

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/console/web"
	"cloison/wall/disclose"
)

// accountsView is GET /habilitations.
type accountsView struct {
	Accounts   []web.AccountView   `json:"accounts"`
	Structure  cloison.StructureID `json:"structure,omitempty"` // "" is the network
	Search     string              `json:"search,omitempty"`
	State      string              `json:"state,omitempty"`
	Role       string              `json:"role,omitempty"`
	By         directory.Order     `json:"by,omitempty"`
	Next       cloison.AccountID   `json:"next,omitzero"` // the page after: ?after=
	Structures []string            `json:"-"`             // to choose from, when the viewer sees several
	Proposable []string            `json:"-"`             // roles that the viewer may ask for
}

func (a *accountsView) Title(s web.Say) string {
	if a.Next != 0 {
		return s("accounts.title_more", "n", len(a.Accounts))
	}
	return s("accounts.title", "n", len(a.Accounts))
}

// To is the address of this list in another order or, with an account, of the page after it.
func (a *accountsView) To(by directory.Order, after cloison.AccountID) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", a.Search)
	set("structure", string(a.Structure))
	set("state", a.State)
	set("role", a.Role)
	set("by", string(by))
	if after != 0 {
		q.Set("after", after.String())
	}
	return "?" + q.Encode()
}

// States and AllRoles are what the list can be narrowed to.
func (a *accountsView) States() []string { return []string{"pending", "active", "suspended", "closed"} }

func (a *accountsView) AllRoles() []string { return directory.RoleNames() }

// searched is what somebody looks for, as far as anybody types.
func searched(q string) string {
	runes := []rune(strings.TrimSpace(q))
	return string(runes[:min(len(runes), 100)])
}

// list shows those that the viewer sees: the network's, its structure's, or its own alone.
func (h *accounts) list(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, q := r.Context(), h.Query(r)
	view := &accountsView{Accounts: []web.AccountView{}, Structure: v.Scope(cloison.StructureID(q.Get("structure"))), Search: searched(q.Get("q")),
		State: q.Get("state"), Role: q.Get("role"), By: directory.Order(q.Get("by")), Proposable: proposable(v)}
	if !v.Has(web.NetworkRoles | web.StructureRoles) {
		view.Accounts = append(view.Accounts, h.AccountView(v.Account))
		return view, nil
	}
	if v.Has(web.NetworkRoles) {
		var err error
		if view.Structures, err = h.structureNames(ctx); err != nil {
			return nil, err
		}
		if id, _, ok := strings.Cut(string(view.Structure), " – "); ok { // chosen from the list, which shows names too
			view.Structure = cloison.StructureID(id)
		}
	}
	if id, err := cloison.ParseAccountID(view.Search); err == nil && id != 0 {
		a, err := h.Seen(ctx, v, id)
		if err == nil {
			view.Accounts = append(view.Accounts, h.AccountView(a))
		} else if cloison.KindOf(err) != cloison.NotFound {
			return nil, err
		}
		return view, nil
	}
	after := q.Account("after")
	if q.Err != nil {
		return nil, q.Err
	}
	if after != 0 { // the place in the order would tell a name that the viewer may not know
		if _, err := h.Seen(ctx, v, after); err != nil {
			return nil, err
		}
	}
	return view, h.find(ctx, view, after)
}

// proposable is the roles that the viewer may ask for, for somebody at least. What a manager may not give after all,
// the directory refuses.
func proposable(v web.Viewer) []string {
	switch {
	case v.Has(directory.Officer):
		return slices.DeleteFunc(directory.RoleNames(), func(name string) bool {
			r, err := directory.ParseRoles(name)
			return err != nil || r.Machine()
		})
	case v.Has(directory.Manager):
		return []string{"adviser", "reception"}
	}
	return nil
}

// find fills one page.
func (h *accounts) find(ctx context.Context, view *accountsView, after cloison.AccountID) error {
	roles, err := directory.ParseRoles(view.Role)
	if err != nil {
		return web.NotFound()
	}
	found, err := h.directory.FindAccounts(ctx, directory.Search{Structure: view.Structure, Words: view.Search, State: view.State, Roles: roles,
		By: view.By, After: after, Limit: web.PageLength + 1})
	if err != nil {
		return err
	}
	if len(found) > web.PageLength {
		found = found[:web.PageLength]
		view.Next = found[web.PageLength-1].ID
	}
	for _, a := range found {
		view.Accounts = append(view.Accounts, h.AccountView(a))
	}
	return nil
}

// oneAccount is GET /habilitations/{id}.
type oneAccount struct {
	web.AccountView
	Created      time.Time        `json:"created"`
	CreatedBy    web.Party        `json:"created_by,omitzero"`
	ApprovedBy   web.Party        `json:"approved_by,omitzero"`
	ReenrolledBy web.Party        `json:"reenrolled_by,omitzero"`
	Lineage      web.Party        `json:"lineage"`
	SuspendedAt  time.Time        `json:"suspended_at,omitzero"`
	SuspendedBy  web.Party        `json:"suspended_by,omitzero"`
	SuspendedIn  cloison.ActID    `json:"suspended_in,omitzero"`
	Reason       string           `json:"reason,omitempty"`
	Made         []*branch        `json:"made"` // what it created, approved or re-enrolled, and so on
	Reach        *disclose.Radius `json:"reach,omitempty"`
	Self         bool             `json:"-"`
	MaySuspend   bool             `json:"-"`
	MayContain   bool             `json:"-"`
	MayReenrol   bool             `json:"-"`
	MayReinstate bool             `json:"-"`
	Proposable   []string         `json:"-"` // roles that the viewer may ask for, instead of these
	MayClose     bool             `json:"-"`
}

func (a *oneAccount) Title(s web.Say) string {
	return s(web.Family("account.title_").Of(a.State), "name", a.Name)
}

// branch is one account of a lineage's tree.
type branch struct {
	web.Party
	How   string    `json:"how"`
	At    time.Time `json:"at"`
	State string    `json:"state"`
	Made  []*branch `json:"made"`
}

const (
	treeDepth = 5
	treeSize  = 200
)

func (h *accounts) one(r *http.Request, v web.Viewer) (web.View, error) {
	ctx := r.Context()
	id, err := cloison.ParseAccountID(r.PathValue("id"))
	if err != nil {
		return nil, web.NotFound()
	}
	a, err := h.Seen(ctx, v, id)
	if err != nil {
		return nil, err
	}
	other := directory.Adviser // than the account has
	if a.Roles == other {
		other = directory.Reception
	}
	mayAsk := func(kind approval.ProposalKind) bool { return approval.MayAsk(kind, v.Account, a, other) == nil }
	view := &oneAccount{AccountView: h.AccountView(a), Created: a.Created, CreatedBy: h.Party(ctx, v, a.CreatedBy),
		ApprovedBy: h.Party(ctx, v, a.ApprovedBy), ReenrolledBy: h.Party(ctx, v, a.ReenrolledBy), Lineage: h.Party(ctx, v, a.Lineage),
		SuspendedAt: a.SuspendedAt, SuspendedBy: h.Party(ctx, v, a.SuspendedBy), SuspendedIn: a.SuspendedIn, Reason: a.Reason,
		Self: a.ID == v.Account.ID, MaySuspend: directory.MaySuspend(v.Account, a) == nil,
		MayContain: directory.Allow(directory.ToContain, v.Account, a) == nil, MayReenrol: mayAsk(approval.Rebind),
		MayReinstate: mayAsk(approval.Reinstate), MayClose: directory.MayClose(v.Account, a) == nil}
	if mayAsk(approval.NewRoles) {
		view.Proposable = proposable(v)
	}
	if view.Made, err = h.tree(ctx, v, a.ID); err != nil {
		return nil, err
	}
	reach, err := h.lineages.Reach(ctx, a)
	if err != nil {
		return nil, err
	}
	view.Reach = &reach
	return view, nil
}

// tree draws what an account made, as far as the viewer sees it.
func (h *accounts) tree(ctx context.Context, v web.Viewer, root cloison.AccountID) ([]*branch, error) {
	top := &branch{Made: []*branch{}}
	places := map[cloison.AccountID]*branch{root: top}
	from, size := []cloison.AccountID{root}, 0
	for depth := 0; len(from) > 0 && depth < treeDepth; depth++ {
		links, err := h.lineages.Store.Descent(ctx, from, time.Time{})
		if err != nil {
			return nil, err
		}
		from = nil
		for _, l := range links {
			if places[l.To] != nil || !v.Sees(l.Account) || size == treeSize {
				continue
			}
			b := &branch{Party: web.PartyOf(l.Account), How: l.How, At: l.At, State: l.Account.State.String(), Made: []*branch{}}
			places[l.To], size = b, size+1
			places[l.From].Made = append(places[l.From].Made, b)
			from = append(from, l.To)
		}
	}
	return top.Made, nil
}
