package incident

import (
	"embed"

	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
)

//go:embed templates
var files embed.FS

// incident is what its pages and acts share.
type incident struct {
	*web.Site
	container *contain.Container
	exposures *exposure.Rolls
}

// alarms, cuts and rolls are the pages of an incident, each with its acts.
type (
	alarms struct {
		incident
		watch    *watch.Watch
		lineages web.LineageGauge
	}
	cuts  struct{ incident }
	rolls struct{ incident }
)

// New makes the part.
func New(site *web.Site, watch *watch.Watch, container *contain.Container, exposures *exposure.Rolls, lineages web.LineageGauge) web.Part {
	i := incident{site, container, exposures}
	alarmed, cut, roll := &alarms{i, watch, lineages}, &cuts{i}, &rolls{i}
	watchers, cutters, exporters := web.NetworkRoles|web.StructureRoles, directory.Manager|directory.Officer, directory.Officer|directory.DPO
	from, to := web.Since("page.since"), web.Until("page.until")
	return web.Part{
		Templates: files,
		Pages: []web.Page{
			{Path: "/alarmes", Template: "alarms", Who: watchers, Show: alarmed.page},
			{Path: "/confinements", Template: "cuts", Who: watchers, Show: cut.page},
			{Path: "/confinements/apercu", Template: "preview", Who: cutters, Show: cut.preview},
			{Path: "/releve", Template: "roll", Who: exporters, Show: roll.page},
		},
		Acts: []web.Act{
			web.NewAct(signin.Contain, cutters, cut.describeContain, cut.contain),
			web.NewAct(signin.Undo, directory.Officer, cut.describeUndo, cut.undo),
			web.NewAct(signin.Export, exporters, roll.describeExport, roll.export),
		},
		Forms: []web.Form{
			{Name: "contain", Verb: signin.Contain, Keeps: []string{"account", "since"}, Do: "contain.do", Look: "danger", Fields: []web.Field{
				{Name: "reason", Kind: web.Choice, Codes: containReasons()}}},
			{Name: "alarms", Filter: true, Do: "page.show", Fields: []web.Field{from}},
			{Name: "preview", Filter: true, Keeps: []string{"account"}, Do: "preview.again", Look: "quiet", Fields: []web.Field{web.Since("contain.since")}},
			{Name: "roll", Filter: true, Do: "roll.count_them", Fields: []web.Field{{Name: "accounts", Kind: web.SeveralAccounts, Optional: true}, from, to}},
		},
	}
}
