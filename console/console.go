package console

import (
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/note"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/incident/contain"
	"cloison/internal/i18n"
	"cloison/ledger/retention"
	"cloison/wall/disclose"
)

// Config is what a console uses. All but Tools is needed.
type Config struct {
	Store     Store
	Signin    *signin.Signin
	Directory *directory.Directory
	Container *contain.Container
	Tenure    *lifecycle.Tenure
	Courier   *letters.Courier
	Training  *training.Training
	Desk      *explanation.Desk
	Keeper    *retention.Keeper
	Holds     *retention.LegalHolds
	Gauge     disclose.Gauge // its Zone is that of the dates that people read

	LogDir string        // the transparency log's directory
	LogKey note.Verifier // its public key

	Settings []SettingGroup // the config that holds, for those who look at the network

	Theme    []byte // an operator's style sheet: see CheckTheme
	Operator string // the operator's name, beside ours

	URL   string // the console's own, as browsers know it, without a slash at the end
	Tools []Tool // where an adviser goes on
	Log   *slog.Logger
	Now   func() time.Time
}

// Tool is a business tool behind a gateway.
type Tool struct{ Name, URL string }

// Console serves pages. It is safe for concurrent use. What takes longer than a page may is done by Run.
type Console struct {
	Config
	words     *i18n.Catalogue
	numbers   i18n.Params // of the settings that hold, which any phrase may name
	templates templates
	static    static
	acts      map[signin.Verb]act
	verifier  verifier
}

// New reads the embedded pages and words. The transparency log's directory may not be there yet: it is opened when it
// is asked for.
func New(config Config) (*Console, error) {
	c := &Console{Config: config, verifier: verifier{asked: make(chan *verifying, 1)}}
	var err error
	if c.words, err = i18n.Load(wordFiles()); err != nil {
		return nil, err
	}
	list, day := c.Directory.Settings(), 24*time.Hour
	c.numbers = i18n.Params{"list_lines": list.ListLines, "list_probation": list.ListProbationDays, "list_days": int(list.ListEvery / day),
		"code_days":  int(list.CodeLife / day),
		"cover_days": int(list.LongestCover / day), "duty_hours": int(list.LongestDuty / time.Hour), "dormant_days": int(c.Tenure.Settings().DormantAfter / day)}
	if c.templates, err = parseTemplates(); err != nil {
		return nil, err
	}
	if c.static, err = loadStatic(); err != nil {
		return nil, err
	}
	if len(c.Theme) > 0 {
		if err := CheckTheme(c.Theme); err != nil {
			return nil, err
		}
		c.static.add("theme.css", c.Theme)
	}
	c.acts = map[signin.Verb]act{}
	for _, a := range acts() {
		c.acts[a.verb] = a
	}
	return c, nil
}

// page is one line of the console host's table: who may open which page, and what it shows. view's result is read by
// the template of that name and by the JSON encoder.
type page struct {
	path     string
	template string
	who      directory.Role // any of them; zero: every account
	open     bool           // without having shown the passkey in this session
	menu     bool           // in the menu of those who may
	view     func(*Console, *http.Request, viewer) (titled, error)
	post     func(*Console, http.ResponseWriter, *http.Request, page) // what its forms do; nil: they begin acts
}

// pages is all of the console host's pages.
func pages() []page {
	everyone, structure, decides := directory.Role(0), network|house, network|house|directory.Approver
	return []page{
		{"/{$}", "home", everyone, true, true, (*Console).home, nil},
		{spacePath, "space", everyone, false, true, (*Console).space, nil},
		{openingPath, "opening", readers, false, true, (*Console).opening, nil},
		{accessPath, "access", everyone, false, false, (*Console).access, nil},
		{coursesPath, "courses", everyone, false, true, (*Console).courses, nil},
		{coursesPath + "/tentatives/{id}", "attempt", everyone, false, false, (*Console).attempt, nil},
		{coursesPath + "/tentatives/{id}/{n}", "attempt", everyone, false, false, (*Console).attempt, (*Console).answerSituation},
		{coursesPath + "/attestations", "certificates", everyone, false, false, (*Console).certificates, nil},
		{coursesPath + "/attestations/{id}", "certificate", everyone, false, false, (*Console).certificate, nil},
		{"/habilitations", "accounts", everyone, false, true, (*Console).accounts, nil},
		{"/habilitations/{id}", "account", everyone, false, false, (*Console).account, nil},
		{"/propositions", "proposals", decides, false, true, (*Console).proposals, nil},
		{"/approbations", "pairs", network, false, true, (*Console).pairs, nil},
		{listPath, "list", directory.Manager | directory.Officer, false, false, (*Console).listForm, (*Console).readList},
		{"/remplacements", "covers", directory.Adviser | directory.Reception | house, false, true, (*Console).covers, nil},
		{"/temoins", "witnesses", witnesses, false, true, (*Console).witnessing, nil},
		{"/structures", "structures", structure, false, true, (*Console).structures, nil},
		{"/structures/{id}", "structure", structure, false, false, (*Console).structure, nil},
		{"/revues", "reviews", structure, false, true, (*Console).reviews, nil},
		{"/revues/{id}", "review", structure, false, false, (*Console).review, nil},
		{"/accueil-public", "reception", directory.Reception, false, true, (*Console).reception, nil},
		{"/confirmations", "confirmations", confirmers, false, true, (*Console).confirmations, nil},
		{"/exposition", "reach", everyone, false, true, (*Console).reach, nil},
		{"/alarmes", "alarms", structure, false, true, (*Console).alarms, nil},
		{"/confinements", "cuts", structure, false, true, (*Console).cuts, nil},
		{"/confinements/apercu", "preview", directory.Manager | directory.Officer, false, false, (*Console).preview, nil},
		{"/registre", "register", network, false, true, (*Console).register, nil},
		{verificationPath, "verification", network, false, false, (*Console).verification, (*Console).verify},
		{holdsPath, "holds", network, false, false, (*Console).holds, nil},
		{"/releve", "roll", directory.Officer | directory.DPO, false, true, (*Console).roll, nil},
		{"/bris-de-glace", "glasses", network | directory.Director, false, true, (*Console).glasses, nil},
		{"/courriels", "letters", network, false, true, (*Console).letters, nil},
		{"/journal", "journal", network, false, true, (*Console).journal, nil},
		{"/reglages", "settings", network, false, true, (*Console).settings, nil},
	}
}

// Pages serves the console's own host: its pages, its acts, and the public files of the transparency log.
func (c *Console) Pages() http.Handler {
	mux := http.NewServeMux()
	for _, p := range pages() {
		mux.HandleFunc("GET "+p.path, func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, p) })
		post := p.post
		if post == nil {
			post = (*Console).begin
		}
		mux.HandleFunc("POST "+p.path, func(w http.ResponseWriter, r *http.Request) { post(c, w, r, p) })
	}
	mux.HandleFunc("POST /actes", func(w http.ResponseWriter, r *http.Request) { c.begin(w, r, page{}) })
	mux.HandleFunc("POST "+coursesPath+"/{course}", c.beginCourse)
	mux.HandleFunc("POST /actes/{id}", c.finish)
	mux.HandleFunc("GET /ledger/checkpoint", c.tile)
	mux.HandleFunc("GET /ledger/tile/{path...}", c.tile)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { c.fail(w, r, notFound()) })
	return c.guard(mux)
}

// Doors serves all of /cloison/ on every host: the pages where people prove who they are, their static files, and, for
// whatever is not a page, signin's own routes.
func (c *Console) Doors() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cloison/{$}", c.threshold)
	mux.HandleFunc("GET /cloison/enrolement", c.enrolment)
	mux.HandleFunc("POST /cloison/enrolement", c.enrol)
	mux.HandleFunc("GET /cloison/presence", c.presence)
	mux.HandleFunc("GET /cloison/step-up", c.presence)
	mux.HandleFunc("GET /cloison/training", c.training)
	mux.HandleFunc("GET /cloison/dossier", c.toOpening)
	mux.HandleFunc("GET "+signin.Over, c.over)
	mux.HandleFunc("POST /cloison/sortie", c.leave)
	mux.HandleFunc("GET /cloison/refusals/{reason}", c.explain)
	mux.HandleFunc("GET /cloison/refus/{reason}", c.explain)
	mux.HandleFunc("GET /cloison/static/{file}", c.staticFile)
	mux.Handle("/cloison/", c.Signin.Handler(c.Directory, c.Refuse))
	return c.guard(mux)
}

// guard refuses what another site's page sends, and puts the headers of every page.
func (c *Console) guard(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.fail(w, r, refuse(cloison.Denied, "cross_site"))
	}))
	inner := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // forms come back to their page
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Add("Vary", "Accept, Accept-Language, Cookie")
		inner.ServeHTTP(w, r)
	})
}

// pagePolicy lets a page load our own files and nothing else, and nobody frame it.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'"

// serve answers one page of the table.
func (c *Console) serve(w http.ResponseWriter, r *http.Request, p page) {
	v, err := c.viewer(r)
	if err == nil {
		err = p.mayOpen(v)
	}
	var view titled
	if err == nil {
		view, err = p.view(c, r, v)
	}
	switch {
	case err != nil && p.mayOpen(v) == nil && c.unfiltered(w, r, p, v, err):
	case err != nil:
		c.fail(w, r, err)
	case wantsJSON(r):
		c.writeJSON(w, r, http.StatusOK, view)
	default:
		c.show(w, r, http.StatusOK, p.template, v, view)
	}
}

// mayOpen says why the viewer may not open the page: a passkey first, so that a stolen cookie does not learn its
// owner's roles.
func (p page) mayOpen(v viewer) error {
	switch {
	case !p.open && !v.proved():
		return refuse(cloison.Denied, string(signin.PasskeyNeeded))
	case p.who != 0 && !v.has(p.who):
		return refuse(cloison.Denied, "no_role")
	}
	return nil
}
