package oversight

import (
	"embed"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/console/web"
	"cloison/ledger/register"
	"cloison/ledger/retention"
)

//go:embed templates
var files embed.FS

// Uses is what the part uses.
type Uses struct {
	Register  *register.Register
	Directory *directory.Directory
	Approvals *approval.Approvals
	Letters   *letters.Letters
	Retention *retention.Keeper
	Holds     *retention.LegalHolds
	Lifecycle *lifecycle.Lifecycle
	Lineages  web.LineageGauge
	Settings  []SettingGroup // the config that holds, for those who look at the network
}

// The pages, each with its acts.
type (
	rows struct {
		*web.Site
		rows *register.Register
	}
	holds struct {
		*web.Site
		retention *retention.Keeper
		holds     *retention.LegalHolds
	}
	events struct {
		*web.Site
		directory *directory.Directory
		approvals *approval.Approvals
	}
	settings struct{ groups []SettingGroup }
	outbox   struct {
		*web.Site
		letters *letters.Letters
	}
	reach struct {
		*web.Site
		directory *directory.Directory
		lifecycle *lifecycle.Lifecycle
		lineages  web.LineageGauge
	}
)

// New makes the part.
func New(site *web.Site, u Uses) web.Part {
	row, hold, events := &rows{site, u.Register}, &holds{site, u.Retention, u.Holds}, &events{site, u.Directory, u.Approvals}
	out, radius, config := &outbox{site, u.Letters}, &reach{site, u.Directory, u.Lifecycle, u.Lineages}, &settings{u.Settings}
	const holders = directory.Officer | directory.DPO
	from, to := web.Since("page.since"), web.Until("page.until")
	return web.Part{
		Templates: files,
		Pages: []web.Page{
			{Path: "/exposition", Template: "reach", Show: radius.page},
			{Path: "/registre", Template: "register", Who: web.NetworkRoles, Show: row.page},
			{Path: verificationPath, Template: "verification", Who: web.NetworkRoles, Show: row.verification, Send: row.verify},
			{Path: holdsPath, Template: "holds", Who: web.NetworkRoles, Show: hold.page},
			{Path: "/courriels", Template: "letters", Who: web.NetworkRoles, Show: out.page},
			{Path: "/journal", Template: "journal", Who: web.NetworkRoles, Show: events.page},
			{Path: "/reglages", Template: "settings", Who: web.NetworkRoles, Show: config.page},
		},
		Acts: []web.Act{
			web.NewAct(Hold, holders, hold.describeHold, hold.hold),
			web.NewAct(Lift, holders, hold.describeLift, hold.lift),
			web.NewAct(Resend, directory.Officer, out.describeResend, out.resend),
			web.NewAct(Prove, web.NetworkRoles, row.describeProve, row.prove),
			web.NewAct(Trace, web.NetworkRoles, row.describeTrace, row.trace),
		},
		Forms: []web.Form{
			{Name: "hold", Verb: Hold, Do: "hold.do", Fields: []web.Field{{Name: "reference", Kind: web.Text, Most: 200, Hint: "hold.reference_help"}}},
			{Name: "trace", Verb: Trace, Do: "trace.do", Fields: []web.Field{{Name: "person", Kind: web.Text, Most: 64}, from, to}},
			{Name: "register", Filter: true, Do: "page.show", Fields: []web.Field{{Name: "account", Kind: web.OneAccount, Optional: true}, from, to}},
			{Name: "journal", Filter: true, Do: "page.show", Fields: []web.Field{{Name: "account", Kind: web.OneAccount, Optional: true, Label: "journal.who"}, from, to}},
		},
		Routes: []web.Route{
			{Pattern: "GET /ledger/checkpoint", Serve: row.logFile},
			{Pattern: "GET /ledger/tile/{path...}", Serve: row.logFile},
		},
	}
}
