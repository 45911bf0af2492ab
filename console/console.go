package console

import (
	"log/slog"
	"net/http"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/console/desk"
	"cloison/console/incident"
	"cloison/console/oversight"
	"cloison/console/people"
	"cloison/console/public"
	"cloison/console/self"
	"cloison/console/web"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
	"cloison/internal/i18n"
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/wall/disclose"
)

// Store is what the pages read beside the stages: lineages, and the viewer's own caseload and rows.
type Store interface {
	web.LineageStore
	self.Store
}

// Config is what a console uses. All but Tools, Theme and Operator is needed.
type Config struct {
	Store        Store
	Signin       *signin.Signin
	Directory    *directory.Directory
	Approvals    *approval.Approvals
	Explanations *explanation.Explanations
	Container    *contain.Container
	Rolls        *exposure.Rolls
	Watch        *watch.Watch
	Lifecycle    *lifecycle.Lifecycle
	Letters      *letters.Letters
	Training     *training.Training
	Grants       *explanation.Grants
	Retention    *retention.Keeper
	Holds        *retention.LegalHolds
	Register     *register.Register
	Gauge        disclose.Gauge // its Zone is that of the dates that people read

	Settings []oversight.SettingGroup // the config that holds, for those who look at the network

	Theme    []byte // an operator's style sheet: see web.CheckTheme
	Operator string // the operator's name, beside ours

	URL   string     // the console's own, as browsers know it, without a slash at the end
	Tools []web.Tool // where an adviser goes on
	Log   *slog.Logger
	Now   func() time.Time
}

// Console serves pages. It is safe for concurrent use.
type Console struct {
	site      *web.Site
	doors     []web.Route
	signin    *signin.Signin
	enrolling signin.Enroller
}

// New assembles the parts.
func New(c Config) (*Console, error) {
	site, err := web.New(web.Options{Accounts: c.Store, Signin: c.Signin, Theme: c.Theme, Operator: c.Operator, URL: c.URL, Tools: c.Tools,
		Numbers: numbers(c.Approvals.Settings(), c.Explanations.Settings(), c.Lifecycle.Settings()), Zone: c.Gauge.Zone, Log: c.Log, Now: c.Now})
	if err != nil {
		return nil, err
	}
	lineages := web.LineageGauge{Store: c.Store, Gauge: c.Gauge}
	doors := public.New(site, c.Approvals)
	err = site.Add(menu(), doors,
		self.New(site, self.Uses{Store: c.Store, Directory: c.Directory, Approvals: c.Approvals, Explanations: c.Explanations, Grants: c.Grants,
			Letters: c.Letters, Lifecycle: c.Lifecycle, Container: c.Container, Watch: c.Watch, Training: c.Training, Lineages: lineages}),
		people.New(site, c.Directory, c.Approvals, c.Lifecycle, lineages),
		desk.New(site, c.Grants, c.Explanations),
		oversight.New(site, oversight.Uses{Register: c.Register, Directory: c.Directory, Approvals: c.Approvals, Letters: c.Letters,
			Retention: c.Retention, Holds: c.Holds, Lifecycle: c.Lifecycle, Lineages: lineages, Settings: c.Settings}),
		incident.New(site, c.Watch, c.Container, c.Rolls, lineages))
	if err != nil {
		return nil, err
	}
	return &Console{site, doors.Doors, c.Signin, c.Approvals}, nil
}

// numbers are those of the settings that hold, which any phrase may name.
func numbers(a approval.Settings, e explanation.Settings, l lifecycle.Settings) i18n.Params {
	const day = 24 * time.Hour
	return i18n.Params{"list_lines": a.ListLines, "list_probation": a.ListProbationDays, "list_days": int(a.ListEvery / day),
		"code_days": int(a.CodeLife / day), "cover_days": int(e.LongestCover / day), "duty_hours": int(e.LongestDuty / time.Hour),
		"dormant_days": int(l.DormantAfter / day)}
}

// menu is the pages of the menu, in order; those who may not open one do not see it.
func menu() []string {
	return []string{"/{$}", "/mon-espace", desk.OpeningPath, web.CoursesPath, "/habilitations", "/propositions", "/approbations", "/remplacements",
		"/temoins", "/structures", "/revues", "/accueil-public", "/confirmations", "/exposition", "/alarmes", "/confinements", "/registre", "/releve",
		"/bris-de-glace", "/courriels", "/journal", "/reglages"}
}

// Pages serves the console's own host: its pages, its acts, and the public files of the transparency log.
func (c *Console) Pages() http.Handler { return c.site.Handler() }

// Doors serves all of /cloison/ on every host: the pages where people prove who they are, their static files, and, for
// whatever is not a page, signin's own routes.
func (c *Console) Doors() http.Handler {
	mux := http.NewServeMux()
	for _, r := range c.doors {
		mux.HandleFunc(r.Pattern, r.Serve)
	}
	mux.Handle("/cloison/", c.signin.Handler(c.enrolling, c.site.RefuseSignin))
	return c.site.Guard(mux)
}
