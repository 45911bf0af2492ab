package desk

import (
	"cmp"
	"context"
	"embed"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// The verbs of the desk, beside signin.BreakGlass.
const (
	Visit    signin.Verb = "visit"     // the reception: a person is here to see a colleague
	Code     signin.Verb = "code"      // a person is here and has read out their code
	AskCover signin.Verb = "ask_cover" // a colleague is to confirm that I cover another
	Confirm  signin.Verb = "confirm"   // what a colleague asks of me
	Decline  signin.Verb = "decline"   // likewise; or take back what I asked
)

//go:embed templates
var files embed.FS

// desk is what its pages and acts share.
type desk struct {
	*web.Site
	grants       *explanation.Grants
	explanations *explanation.Explanations
}

// reception, openings, requests and covers are the pages of the desk, each with its acts.
type (
	reception struct{ desk }
	openings  struct{ desk }
	requests  struct{ desk }
	covers    struct{ desk }
)

// New makes the part.
func New(site *web.Site, grants *explanation.Grants, explanations *explanation.Explanations) web.Part {
	d := desk{site, grants, explanations}
	visits, opened, asked, cover := &reception{d}, &openings{d}, &requests{d}, &covers{d}
	person, colleague := web.Field{Name: "person", Kind: web.Text, Most: 64}, web.Field{Name: "asked", Kind: web.Choice}
	since, until := web.Field{Name: "since", Kind: web.Moment, Optional: true}, web.Field{Name: "until", Kind: web.Moment}
	return web.Part{
		Templates: files,
		Pages: []web.Page{
			{Path: OpeningPath, Template: "opening", Who: web.Readers, Show: opened.page},
			{Path: "/remplacements", Template: "covers", Who: directory.Adviser | directory.Reception | web.StructureRoles, Show: cover.page},
			{Path: "/accueil-public", Template: "reception", Who: directory.Reception, Show: visits.page},
			{Path: "/confirmations", Template: "confirmations", Who: web.Confirmers, Show: asked.page},
			{Path: "/bris-de-glace", Template: "glasses", Who: web.NetworkRoles | directory.Director, Show: opened.broken},
		},
		Acts: []web.Act{
			web.NewAct(Cover, directory.Adviser|directory.Reception|web.StructureRoles, cover.describeCover, cover.cover),
			web.NewAct(Duty, web.StructureRoles, cover.describeDuty, cover.duty),
			web.NewAct(Transfer, web.StructureRoles|directory.Officer, cover.describeTransfer, cover.transfer),
			web.NewAct(Visit, directory.Reception, visits.describeVisit, visits.visit),
			web.NewAct(Code, web.Readers, opened.describeCode, opened.presentCode),
			web.NewAct(AskCover, web.Readers, opened.describeAskCover, opened.askCover),
			web.NewAct(signin.BreakGlass, web.Readers, opened.describeBreakGlass, opened.askBreakGlass),
			web.NewAct(Confirm, web.Confirmers, asked.describeConfirm, asked.confirm),
			web.NewAct(Decline, web.Confirmers, asked.describeDecline, asked.decline),
		},
		Forms: []web.Form{
			{Name: "cover", Verb: Cover, Do: "cover.do", Fields: []web.Field{{Name: "of", Kind: web.Choice}, {Name: "for", Kind: web.Choice}, until}},
			{Name: "duty", Verb: Duty, Do: "duty.do", Fields: []web.Field{{Name: "for", Kind: web.Choice, Label: "field.holder"}, since, until}},
			{Name: "transfer", Verb: Transfer, Do: "transfer.do", Fields: []web.Field{{Name: "from", Kind: web.Choice}, {Name: "to", Kind: web.Choice}, since}},
			{Name: "visit", Verb: Visit, Do: "reception.do", Fields: []web.Field{person, {Name: "adviser", Kind: web.Choice}}},
			{Name: "code", Verb: Code, Do: "opening.code_do", Fields: []web.Field{person, {Name: "code", Kind: web.Text, Most: 32, Secret: true}}},
			{Name: "ask_cover", Verb: AskCover, Do: "opening.ask", Fields: []web.Field{{Name: "of", Kind: web.Choice}, since, until, colleague}},
			{Name: "break_glass", Verb: signin.BreakGlass, Do: "opening.ask", Fields: []web.Field{person,
				{Name: "reason", Kind: web.Prose, Label: "field.why", Least: 10, Most: 500}, colleague}},
		},
	}
}

// grantView is what an act at the desk has opened.
type grantView struct {
	Grant cloison.ActID `json:"grant"`
	Until time.Time     `json:"until"`
}

func (h *desk) granted(g explanation.Grant, next string) web.Outcome {
	return web.Outcome{Result: grantView{g.ID, g.Until}, Say: i18n.Params{"until": h.lastMinute(g.Until)}, Next: next}
}

// lastMinute is a time until which something goes on, as people read it: the end of a day is its last minute, and not
// the next day's first.
func (h *desk) lastMinute(t time.Time) time.Time {
	t = t.In(h.Zone)
	if t.Hour() == 0 && t.Minute() == 0 {
		return t.Add(-time.Minute)
	}
	return t
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// colleagues lists the members of the viewer's structure that can do something, by name, but for the viewer.
func (h *desk) colleagues(ctx context.Context, v web.Viewer, roles directory.Role) ([]web.Party, error) {
	all, err := h.Colleagues(ctx, v)
	list := []web.Party{}
	for _, a := range all {
		if a.ID != v.Account.ID && a.Roles&roles != 0 && a.State == directory.Active {
			list = append(list, web.PartyOf(a))
		}
	}
	slices.SortFunc(list, func(a, b web.Party) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account))
	})
	return list, err
}

// requestViews names who is in each. Those who look have a part in them, or answer for the structure.
func (h *desk) requestViews(ctx context.Context, list []explanation.Request) ([]requestView, error) {
	names := map[cloison.AccountID]web.Party{0: {}}
	name := func(id cloison.AccountID) (web.Party, error) {
		if p, ok := names[id]; ok {
			return p, nil
		}
		a, err := h.Accounts.Account(ctx, id)
		names[id] = web.PartyOf(a)
		return names[id], err
	}
	views := make([]requestView, 0, len(list))
	for _, r := range list {
		view := requestView{Request: r.ID, Version: r.Version, Kind: r.Kind, State: string(r.State), Person: string(r.Person), Reason: r.Reason.Reveal(),
			Since: r.Since, Until: r.Until, Made: r.Made, Expires: r.Expires, Waits: h.grants.Waits(r)}
		if r.State == explanation.Open && !view.Waits {
			view.State = "over"
		}
		for id, to := range map[*web.Party]cloison.AccountID{&view.By: r.By, &view.Asked: r.Asked, &view.Of: r.Of} {
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
