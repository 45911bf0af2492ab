package people

import (
	"embed"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/console/web"
)

//go:embed templates
var files embed.FS

// people is what its pages and acts share.
type people struct {
	*web.Site
	directory *directory.Directory
	approvals *approval.Approvals
	lifecycle *lifecycle.Lifecycle
	lineages  web.LineageGauge
}

// The pages, each with its acts.
type (
	accounts   struct{ people }
	proposals  struct{ people }
	lists      struct{ proposals }
	structures struct{ people }
	mergers    struct{ people }
	reviews    struct{ people }
	witnesses  struct{ people }
	departures struct{ people }
)

// New makes the part.
func New(site *web.Site, dir *directory.Directory, approvals *approval.Approvals, cycle *lifecycle.Lifecycle, lineages web.LineageGauge) web.Part {
	p := people{site, dir, approvals, cycle, lineages}
	account, proposal, list := &accounts{p}, &proposals{p}, &lists{proposals{p}}
	structure, merger, review := &structures{p}, &mergers{p}, &reviews{p}
	witness, leaver := &witnesses{p}, &departures{p}
	const everyone, answer = directory.Role(0), web.NetworkRoles | web.StructureRoles
	const propose = directory.Manager | directory.Officer
	return web.Part{
		Templates: files,
		Pages: []web.Page{
			{Path: "/habilitations", Template: "accounts", Who: everyone, Show: account.list},
			{Path: "/habilitations/{id}", Template: "account", Who: everyone, Show: account.one},
			{Path: "/propositions", Template: "proposals", Who: answer | directory.Approver, Show: proposal.list},
			{Path: "/approbations", Template: "pairs", Who: web.NetworkRoles, Show: proposal.pairs},
			{Path: listPath, Template: "list", Who: propose, Show: list.page, Send: list.read},
			{Path: "/temoins", Template: "witnesses", Who: witnessRoles, Show: witness.page},
			{Path: "/structures", Template: "structures", Who: answer, Show: structure.list},
			{Path: "/structures/{id}", Template: "structure", Who: answer, Show: structure.one},
			{Path: "/revues", Template: "reviews", Who: answer, Show: review.list},
			{Path: "/revues/{id}", Template: "review", Who: answer, Show: review.one},
		},
		Acts: []web.Act{
			web.NewAct(signin.Propose, propose, proposal.describePropose, proposal.propose),
			web.NewAct(signin.Approve, directory.Approver, proposal.describeApprove, proposal.approve),
			web.NewAct(ProposeList, propose, list.describeProposeList, list.proposeList),
			web.NewAct(ApproveList, directory.Approver, list.describeApproveList, list.approveList),
			web.NewAct(signin.Refuse, directory.Approver, proposal.describeRefuse, proposal.refuse),
			web.NewAct(Cancel, propose, proposal.describeCancel, proposal.cancel),
			web.NewAct(signin.Suspend, web.Anybody, leaver.describeSuspend, leaver.suspend),
			web.NewAct(Close, web.StructureRoles|directory.Officer, leaver.describeClose, leaver.close),
			web.NewAct(Merge, directory.Officer, merger.describeMerge, merger.merge),
			web.NewAct(MergeDecide, directory.Officer, merger.describeMergeDecide, merger.mergeDecide),
			web.NewAct(Review, web.StructureRoles|directory.Officer, review.describeReview, review.answerReview),
			web.NewAct(Witness, witnessRoles, witness.describeWitness, witness.witness),
		},
		Forms: forms(),
	}
}

// forms is the forms of these pages.
func forms() []web.Form {
	structure := web.Field{Name: "structure", Kind: web.Text, Most: 64, Who: directory.Officer, About: []string{"merged_away"}}
	return []web.Form{
		{Name: "new_account", Verb: signin.Propose, Kind: "new_account", Do: "propose.do", Fields: []web.Field{
			{Name: "name", Kind: web.Text, Most: 200}, {Name: "email", Kind: web.Email, Most: 254},
			structure, {Name: "roles", Kind: web.Ticks}}},
		{Name: "new_roles", Verb: signin.Propose, Kind: "new_roles", Keeps: []string{"account"}, Do: "roles.do", Fields: []web.Field{{Name: "roles", Kind: web.Ticks}}},
		{Name: "list", Do: "list.read", Fields: []web.Field{structure,
			{Name: "file", Kind: web.Upload, Label: "list.file", About: []string{string(directory.ListCharset), string(directory.ListHeader),
				string(directory.ListEmpty), string(directory.ListTooLong)}}}},
		{Name: "refuse", Verb: signin.Refuse, Keeps: []string{"proposal", "version"}, Do: "proposal.refuse", Look: "quiet", Fields: []web.Field{
			{Name: "reason", Kind: web.Choice, Label: "proposal.reason", Codes: refuseReasons()},
			{Name: "note", Kind: web.Prose, Label: "proposal.note", Hint: "proposal.note_help", Most: approval.MaxNote, Optional: true}}},
		{Name: "suspend", Verb: signin.Suspend, Keeps: []string{"account"}, Do: "suspend.do", Look: "danger", Fields: []web.Field{
			{Name: "reason", Kind: web.Choice, Codes: suspendReasons()}}},
		{Name: "merge", Verb: Merge, Keeps: []string{"gone"}, Do: "merger.do", Fields: []web.Field{
			{Name: "kept", Kind: web.Text, Most: 64, Label: "merger.kept"}, {Name: "since", Kind: web.Day, Label: "merger.since"}}},
		{Name: "review", Verb: Review, Keeps: []string{"review"}, Do: "review.do", Fields: []web.Field{{Name: "answers", Kind: web.Table}}},
	}
}
