package self

import (
	"embed"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/console/web"
	"cloison/incident/contain"
	"cloison/incident/watch"
)

//go:embed templates
var files embed.FS

// spacePath is the viewer's own page; accessPath the one beside it, of passkeys and sessions.
const (
	spacePath  = "/mon-espace"
	accessPath = spacePath + "/acces"
)

// Uses is what the part uses.
type Uses struct {
	Store        Store
	Directory    *directory.Directory
	Approvals    *approval.Approvals
	Explanations *explanation.Explanations
	Grants       *explanation.Grants
	Letters      *letters.Letters
	Lifecycle    *lifecycle.Lifecycle
	Container    *contain.Container
	Watch        *watch.Watch
	Training     *training.Training
	Lineages     web.LineageGauge
}

// The pages, each with its acts.
type (
	home struct {
		*web.Site
		directory    *directory.Directory
		approvals    *approval.Approvals
		explanations *explanation.Explanations
		grants       *explanation.Grants
		letters      *letters.Letters
		lifecycle    *lifecycle.Lifecycle
		container    *contain.Container
		watch        *watch.Watch
	}
	space struct {
		*web.Site
		store        Store
		explanations *explanation.Explanations
		lineages     web.LineageGauge
	}
	access  struct{ *web.Site }
	courses struct {
		*web.Site
		directory *directory.Directory
		training  *training.Training
	}
	certificates struct {
		*web.Site
		directory *directory.Directory
		training  *training.Training
	}
)

// New makes the part.
func New(site *web.Site, u Uses) web.Part {
	waits := &home{site, u.Directory, u.Approvals, u.Explanations, u.Grants, u.Letters, u.Lifecycle, u.Container, u.Watch}
	own, keys := &space{site, u.Store, u.Explanations, u.Lineages}, &access{site}
	course, paper := &courses{site, u.Directory, u.Training}, &certificates{site, u.Directory, u.Training}
	attempts, papers := web.CoursesPath+"/tentatives/{id}", web.CoursesPath+"/attestations"
	return web.Part{
		Templates: files,
		Pages: []web.Page{
			{Path: "/{$}", Template: "home", Open: true, Show: waits.page},
			{Path: spacePath, Template: "space", Show: own.page},
			{Path: accessPath, Template: "access", Show: keys.page},
			{Path: web.CoursesPath, Template: "courses", Show: course.page},
			{Path: attempts, Template: "attempt", Show: course.attempt},
			{Path: attempts + "/{n}", Template: "attempt", Show: course.attempt, Send: course.answerSituation},
			{Path: papers, Template: "certificates", Show: paper.list},
			{Path: papers + "/{id}", Template: "certificate", Show: paper.one},
		},
		Acts: []web.Act{
			web.NewAct(RenamePasskey, web.Anybody, keys.describeRename, keys.rename),
			web.NewAct(RemovePasskey, web.Anybody, keys.describeRemove, keys.remove),
			web.NewAct(EndSession, web.Anybody, keys.describeEnd, keys.end),
		},
		Forms: []web.Form{
			{Name: "suspend_self", Verb: signin.Suspend, Keeps: []string{"account"}, Do: "suspend.title_self", Look: "danger", Fields: []web.Field{
				{Name: "reason", Kind: web.Choice, Preset: true, Codes: []string{"lost_key", "suspicion", "left", "other"}}}},
			{Name: "rename_passkey", Verb: RenamePasskey, Keeps: []string{"passkey"}, Do: "access.rename", Fields: []web.Field{
				{Name: "name", Kind: web.Text, Most: 64, Label: "access.new_name"}}},
			{Name: "answer", Do: "course.answer", Fields: []web.Field{{Name: "choice", Kind: web.Radio}}},
		},
		Routes: []web.Route{{Pattern: "POST " + web.CoursesPath + "/{course}", Serve: course.beginCourse}},
	}
}
