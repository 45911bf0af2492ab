package consolekit

import (
	"context"
	"sync"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/access/training"
	"cloison/console/oversight"
	"cloison/incident/contain"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/proconnect"
	"cloison/internal/testkit"
	"cloison/ledger/journal"
)

// Evil is what a partner may type in a name.
const Evil = `"><script src=//voleur.example></script><img src=x onerror=alert(1)>'"&{{.}}`

// Staff is one person of each role: those of a structure in the first Mission Locale, the others in the network's own
// body.
func (w *World) Staff() map[string]*Person {
	w.Helper()
	people := map[string]*Person{}
	adviser := 0
	for _, role := range []string{"adviser", "reception", "manager", "director"} {
		a := w.Agent(0, network.Adviser, adviser)
		adviser++
		people[role] = w.Enter(w.Promote(a, Must(directory.ParseRoles(role))))
	}
	for i, role := range []string{"approver", "officer", "dpo", "auditor"} {
		people[role] = w.Enter(w.Promote(w.Central(i), Must(directory.ParseRoles(role))))
	}
	return people
}

// Central is the ith agent of the network's own body.
func (w *World) Central(i int) network.Agent {
	lo, _ := w.net.Team(w.net.Structures())
	return w.net.Agent(lo + i)
}

func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Course gives somebody the managers' course.
func (w *World) Course(a network.Agent) {
	account := w.AccountOf(a)
	account.ManagersUntil = time.Now().AddDate(0, 6, 0)
	w.Must(w.DB.UpdateAccount(w.Ctx, account))
}

// At is an address of the console.
func (w *World) At(path string) string { return w.URL + path }

const Title = "main h1"

// Certified gives an account a certificate of an awareness course that it passed, and returns its number.
func (w *World) Certified(a directory.Account) cloison.ActID {
	w.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	attempt := training.Attempt{ID: cloison.NewActID(), Account: a.ID, Course: directory.Awareness, Edition: "e", State: training.Open, Began: now,
		Round: 1, Questions: []training.Question{{Situation: "usb", Order: []int{0, 1, 2, 3}, Chosen: 1, At: now}}, Version: 1}
	w.Must(w.DB.BeginAttempt(w.Ctx, attempt, now, 9, time.Time{}))
	attempt.State, attempt.Ended = training.Passed, now
	w.Must(w.DB.UpdateAttempt(w.Ctx, attempt, &training.Certificate{ID: attempt.ID, Account: a.ID, Course: directory.Awareness, Edition: "e", Right: 1,
		Of: 1, At: now, Until: now.AddDate(0, 6, 0)}))
	return attempt.ID
}

func StandinAccount(email string) proconnect.Account {
	return proconnect.Account{Email: email, Given: "Camille", Usual: "Exemple", IdP: network.IdentiteProvider, Password: "x", Amr: []string{"pwd"},
		Acr: "eidas1", MailCode: true}
}

// Promote gives an imported account another role, as the operator's import does.
func (w *World) Promote(a network.Agent, role directory.Role) network.Agent {
	w.Helper()
	account, err := w.DB.AccountByBinding(w.Ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
	w.Must(err)
	account.Roles = role
	w.Must(w.DB.UpdateAccount(w.Ctx, account))
	return a
}

// Sealed waits until so many rows are under a checkpoint.
func (w *World) Sealed(rows int64) {
	w.Helper()
	testkit.Until(w, "rows are not sealed", func() bool {
		mark, err := w.DB.Sealed(w.Ctx)
		w.Must(err)
		return mark.Seq >= rows
	})
}

// AccountOf finds an agent's account.
func (w *World) AccountOf(a network.Agent) directory.Account {
	w.Helper()
	account, err := w.DB.AccountByBinding(w.Ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
	w.Must(err)
	return account
}

// Opened waits until the log has its first checkpoint, over no row.
func (w *World) Opened() {
	w.Helper()
	visitor := w.Visitor()
	testkit.Until(w, "the log was not opened", func() bool { return visitor.Get("/ledger/checkpoint", "*/*").Status == 200 })
}

// Cuts waits for the first cut and lists all.
func (w *World) Cuts() (cuts []contain.Cut) {
	w.Helper()
	testkit.Until(w, "nothing was cut", func() bool {
		var err error
		cuts, err = w.DB.Cuts(w.Ctx)
		w.Must(err)
		return len(cuts) > 0
	})
	return cuts
}

// settingsShown is a config with one of each kind of value.
func settingsShown() []oversight.SettingGroup {
	both := func(fr, en string) map[string]string { return map[string]string{"fr": fr, "en": en} }
	return []oversight.SettingGroup{
		{Name: "policy", Title: both("Plafonds, détection et durées", "Caps, detection and terms"), Settings: []oversight.Setting{
			{Key: "policy.account_per_day", Value: 1200, Unit: both("personnes par jour", "persons a day"), Source: "cloison.yaml", Line: 12,
				Meaning: both("Nombre de personnes distinctes qu’une habilitation peut consulter en un jour.", "How many persons in a day.")},
			{Key: "policy.unexplained_share", Value: 0.05, Unit: both("part, de 0 à 1", "share, from 0 to 1"), Source: "default",
				Meaning: both("Part des consultations sans rattachement tenue pour normale.", "The normal share.")},
			{Key: "policy.manual_containment", Value: false, Source: "default", Meaning: both("Une alarme forte attend un officier.", "A hard alarm waits.")},
		}},
		{Name: "general", Title: both("Général", "General"), Settings: []oversight.Setting{
			{Key: "tools", Value: []string{"<dossiers>", "suivi"}, Source: "default", Meaning: both("Outils métier.", "Business tools.")},
			{Key: "mail.host", Value: "", Source: "default", Meaning: both("Relais de messagerie.", "The mail relay.")},
		}},
	}
}

// Follow runs the part of sign-in that tells open pages that their session is over.
func (w *World) Follow() {
	ctx, stop := context.WithCancel(context.Background())
	var stage sync.WaitGroup
	stage.Go(func() { w.Signin.Run(ctx) })
	w.Cleanup(func() { stop(); stage.Wait() })
}

// OpensReview opens a review of a structure.
func (w *World) OpensReview(structure cloison.StructureID) lifecycle.Review {
	w.Helper()
	r := lifecycle.Review{ID: cloison.NewActID(), Structure: structure, Opened: time.Now(), Due: time.Now().AddDate(0, 0, 30)}
	w.Must(w.DB.OpenReview(w.Ctx, r, journal.Event{At: time.Now(), Code: "review.opened", Act: r.ID}))
	return r
}

// Verification is what GET /registre/verification says.
type Verification struct {
	Running *struct{ Rows, Of int }
	Last    *verified
	Failed  bool
}

type verified struct {
	OK           bool
	Rows, Sealed int
	Upto, Faults int
	Found        []string
	By           struct{ Account cloison.AccountID }
}

// Verified has a person verify the register, and waits for the end.
func (w *World) Verified(p *Person) verified {
	w.Helper()
	if a := p.Form("/registre/verification"); a.URL.Path != "/registre/verification" || a.Status != 200 {
		w.Fatalf("to verify led to %s, %d", a.URL, a.Status)
	}
	return *w.Ended(p).Last
}

// Ended waits until no verification is under way.
func (w *World) Ended(p *Person) (v Verification) {
	w.Helper()
	testkit.Until(w, "the verification goes on and on", func() bool {
		v = Verification{}
		p.JSON("/registre/verification", &v)
		return v.Running == nil
	})
	return v
}
