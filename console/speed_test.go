package console_test

import (
	"cloison/console"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/store/storetest"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// loads is how often a page is opened at least, so that one in twenty is the slowest.
const loads = 20

// BenchmarkPages opens every page of the console, as everybody who may, on a busy network of French size: 440
// structures, 13 000 accounts, 1.6 M persons. It gives the time in which 95 of 100 loads are answered, as p95-ms, and
// the least of all, which other work on the machine touches least, as least-ms.
func BenchmarkPages(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(*testing.B) (db storetest.All, driver, address string)
	}{{"sqlite", onSQLite}, {"postgres", onPostgres}} {
		b.Run(engine.name, func(b *testing.B) {
			start := time.Now()
			db, driver, address := engine.open(b)
			w := consolekit.NewOn(b, network.Options{Seed: 1, Persons: 40000, AsOf: time.Now()}, db)
			busy(w, driver, address)
			seal(w)
			people := w.Staff()
			w.Run()
			adviser := people["adviser"]
			w.Read(adviser, w.Caseload(adviser.Account.ID, 15)...)
			b.Logf("made in %v", time.Since(start).Round(time.Second))
			addresses := addresses(w, people)
			for _, path := range slices.Sorted(maps.Keys(console.PageTable())) {
				list := addresses[path]
				if list == nil {
					list = []string{strings.TrimSuffix(path, "{$}")}
				}
				for _, address := range list {
					measure(w, b, path, address, people)
				}
			}
		})
	}
}

// measure opens one page as everybody who may open it.
func measure(w *consolekit.World, b *testing.B, path, address string, people map[string]*consolekit.Person) {
	who, opened := console.PageTable()[path], 0
	for _, role := range slices.Sorted(maps.Keys(people)) {
		p := people[role]
		if who != 0 && p.Account.Roles&who == 0 || p.Get(address, "text/html").Status == 404 {
			continue
		}
		opened++
		b.Run(strings.ReplaceAll(strings.Trim(path, "/"), "/", "+")+"@"+role, func(b *testing.B) {
			var took []time.Duration
			load := func() {
				start := time.Now()
				if a := p.Get(address, "text/html"); a.Status != 200 {
					b.Fatalf("%s answered %d to the %s", address, a.Status, role)
				}
				took = append(took, time.Since(start))
			}
			for b.Loop() {
				load()
			}
			for len(took) < loads {
				load()
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64(took[0].Microseconds())/1000, "least-ms")
		})
	}
	if opened == 0 {
		b.Errorf("%s is not measured: nobody opened %s", path, address)
	}
}

// addresses gives those pages theirs that are about something, or that are read in several ways.
func addresses(w *consolekit.World, people map[string]*consolekit.Person) map[string][]string {
	adviser, structure := people["adviser"].Account, string(people["adviser"].Account.Structure)
	id := adviser.ID.String()
	certificate := w.Certified(adviser).String()
	begun := people["adviser"].Form("/formation/awareness")
	reviews, err := w.DB.Reviews(w.Ctx, adviser.Structure, 1)
	w.Must(err)
	since := time.Now().Add(-48 * time.Hour).Format("2006-01-02T15:04")
	return map[string][]string{
		"/formation/tentatives/{id}":     {begun.URL.Path},
		"/formation/tentatives/{id}/{n}": {begun.URL.Path + "/1"},
		"/formation/attestations/{id}":   {"/formation/attestations/" + certificate},
		"/habilitations":                 {"/habilitations", "/habilitations?q=martin", "/habilitations?by=seen", "/habilitations?state=active&role=manager"},
		"/habilitations/{id}":            {"/habilitations/" + id},
		"/structures":                    {"/structures", "/structures?by=training&from=200"},
		"/structures/{id}":               {"/structures/" + structure},
		"/revues/{id}":                   {"/revues/" + reviews[0].ID.String()},
		"/exposition":                    {"/exposition", "/exposition?structure=" + structure, "/exposition?account=" + id},
		"/alarmes":                       {"/alarmes", "/alarmes?since=" + since},
		"/confinements/apercu":           {"/confinements/apercu?account=" + id},
		"/registre":                      {"/registre", "/registre?account=" + id, "/registre?since=" + since, "/registre?before=1000"},
		"/releve":                        {"/releve", "/releve?accounts=" + id},
		"/courriels":                     {"/courriels", "/courriels?state=sent"},
		"/journal":                       {"/journal", "/journal?code=account.suspended", "/journal?account=" + id, "/journal?code=account.suspended&account=" + id, "/journal?since=" + since},
	}
}
