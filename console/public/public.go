package public

import (
	"embed"

	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/console/web"
)

//go:embed templates
var files embed.FS

// New makes the part; enrolling takes the codes that enrol an account.
func New(site *web.Site, enrolling signin.Enroller) web.Part {
	d, e := &doors{site, enrolling}, &ended{site}
	return web.Part{
		Templates: files,
		Forms: []web.Form{
			{Name: "enrolment", Do: "enrol.do", Fields: []web.Field{{Name: "code", Kind: web.Text, Most: 32, Label: "enrol.code", Hint: "enrol.help",
				Secret: true, Filled: "one-time-code", About: []string{string(refusal.CodeUnknown), string(refusal.CodeMalformed), string(directory.CodeExpired), string(directory.NotWitnessed)}}}},
		},
		Doors: []web.Route{
			{Pattern: "GET /cloison/{$}", Serve: d.threshold},
			{Pattern: "GET /cloison/enrolement", Serve: d.enrolment},
			{Pattern: "POST /cloison/enrolement", Serve: d.enrol},
			{Pattern: "GET /cloison/presence", Serve: d.presence},
			{Pattern: "GET /cloison/step-up", Serve: d.presence},
			{Pattern: "GET /cloison/training", Serve: d.training},
			{Pattern: "GET /cloison/dossier", Serve: d.toOpening},
			{Pattern: "GET " + signin.EndedPath, Serve: e.page},
			{Pattern: "POST /cloison/sortie", Serve: d.leave},
			{Pattern: "GET /cloison/refusals/{reason}", Serve: site.Explain},
			{Pattern: "GET /cloison/refus/{reason}", Serve: site.Explain},
			{Pattern: "GET /cloison/static/{file}", Serve: site.StaticFile},
		},
	}
}
