package oversight

import (
	"context"
	"embed"

	"golang.org/x/mod/sumdb/note"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/console/web"
	"cloison/ledger/retention"
)

//go:embed templates
var files embed.FS

// Uses is what the part uses.
type Uses struct {
	Store     Store
	Directory *directory.Directory
	Approvals *approval.Approvals
	Letters   *letters.Courier // nil: none are sent
	Retention *retention.Keeper
	Holds     *retention.LegalHolds
	Lifecycle *lifecycle.Tenure
	Lineages  web.LineageGauge
	LogDir    string         // the transparency log's directory
	LogKey    note.Verifier  // its public key
	Settings  []SettingGroup // the config that holds, for those who look at the network
}

// oversight is what its pages and acts share.
type oversight struct {
	*web.Site
	store     Store
	directory *directory.Directory
	approvals *approval.Approvals
	logDir    string
	logKey    note.Verifier
}

// The pages, each with its acts.
type (
	register     struct{ oversight }
	logFiles     struct{ oversight }
	personSearch struct{ oversight }
	verification struct {
		oversight
		verifier *verifier
	}
	holds struct {
		oversight
		retention *retention.Keeper
		holds     *retention.LegalHolds
	}
	journal  struct{ oversight }
	settings struct{ groups []SettingGroup }
	outbox   struct {
		oversight
		letters *letters.Courier
	}
	reach struct {
		oversight
		lifecycle *lifecycle.Tenure
		lineages  web.LineageGauge
	}
)

// Oversight is the part, with the work that its pages ask for and do not wait for.
type Oversight struct {
	Part         web.Part
	verification *verification
}

// New makes the part.
func New(site *web.Site, u Uses) Oversight {
	o := oversight{site, u.Store, u.Directory, u.Approvals, u.LogDir, u.LogKey}
	rows, tiles, search := &register{o}, &logFiles{o}, &personSearch{o}
	verify := &verification{o, &verifier{asked: make(chan *verifying, 1)}}
	hold, events, config := &holds{o, u.Retention, u.Holds}, &journal{o}, &settings{u.Settings}
	out, radius := &outbox{o, u.Letters}, &reach{o, u.Lifecycle, u.Lineages}
	const holders = directory.Officer | directory.DPO
	from, to := web.Since("page.since"), web.Until("page.until")
	return Oversight{verification: verify, Part: web.Part{
		Templates: files,
		Pages: []web.Page{
			{Path: "/exposition", Template: "reach", Show: radius.page},
			{Path: "/registre", Template: "register", Who: web.NetworkRoles, Show: rows.page},
			{Path: verificationPath, Template: "verification", Who: web.NetworkRoles, Show: verify.page, Send: verify.verify},
			{Path: holdsPath, Template: "holds", Who: web.NetworkRoles, Show: hold.page},
			{Path: "/courriels", Template: "letters", Who: web.NetworkRoles, Show: out.page},
			{Path: "/journal", Template: "journal", Who: web.NetworkRoles, Show: events.page},
			{Path: "/reglages", Template: "settings", Who: web.NetworkRoles, Show: config.page},
		},
		Acts: []web.Act{
			web.NewAct(Hold, holders, hold.describeHold, hold.hold),
			web.NewAct(Lift, holders, hold.describeLift, hold.lift),
			web.NewAct(Resend, directory.Officer, out.describeResend, out.resend),
			web.NewAct(Prove, web.NetworkRoles, rows.describeProve, rows.proof),
			web.NewAct(Trace, web.NetworkRoles, search.describeTrace, search.trace),
		},
		Forms: []web.Form{
			{Name: "hold", Verb: Hold, Do: "hold.do", Fields: []web.Field{{Name: "reference", Kind: web.Text, Most: 200, Hint: "hold.reference_help"}}},
			{Name: "trace", Verb: Trace, Do: "trace.do", Fields: []web.Field{{Name: "person", Kind: web.Text, Most: 64}, from, to}},
			{Name: "register", Filter: true, Do: "page.show", Fields: []web.Field{{Name: "account", Kind: web.OneAccount, Optional: true}, from, to}},
			{Name: "journal", Filter: true, Do: "page.show", Fields: []web.Field{{Name: "account", Kind: web.OneAccount, Optional: true, Label: "journal.who"}, from, to}},
		},
		Routes: []web.Route{
			{Pattern: "GET /ledger/checkpoint", Serve: tiles.tile},
			{Pattern: "GET /ledger/tile/{path...}", Serve: tiles.tile},
		},
	}}
}

// Run does what pages ask for and do not wait for, one after the other, until ctx ends; then it returns ctx's error.
func (o Oversight) Run(ctx context.Context) error { return o.verification.run(ctx) }
