package console_test

import (
	"testing"
	"time"

	"cloison/internal/standin/network"
)

// BenchmarkPages measures an officer's pages on a network of French size: 440 structures, 13 000 accounts.
func BenchmarkPages(b *testing.B) {
	w := newWorldOf(b, network.Options{Seed: 1, Persons: 40000, AsOf: time.Now()})
	officer := w.enter(w.agent(-1, network.Officer, 0))
	manager := w.enter(w.agent(0, network.Manager, 0))
	adviser := w.enter(w.agent(0, network.Adviser, 0))
	w.run()
	w.read(adviser, w.caseload(adviser.account.ID, 1)...)
	id, structure := manager.account.ID.String(), string(manager.account.Structure)
	for _, page := range []struct {
		name, path string
		by         *person
	}{{"home", "/", officer}, {"accounts", "/habilitations", officer}, {"search", "/habilitations?q=martin", officer},
		{"account", "/habilitations/" + id, officer}, {"proposals", "/propositions", officer}, {"reach of the network", "/exposition", officer},
		{"reach of a structure", "/exposition?structure=" + structure, officer}, {"reach of an account", "/exposition?account=" + id, officer},
		{"structures", "/structures", officer}, {"structure", "/structures/" + structure, officer}, {"reviews", "/revues", officer},
		{"alarms", "/alarmes", officer}, {"preview", "/confinements/apercu?account=" + id, officer}, {"register", "/registre", officer},
		{"journal", "/journal", officer}, {"space", "/mon-espace", adviser}, {"access", "/mon-espace/acces", adviser}, {"manager's home", "/", manager}} {
		b.Run(page.name, func(b *testing.B) {
			for b.Loop() {
				if a := page.by.get(page.path, "text/html"); a.status != 200 {
					b.Fatalf("%s answered %d", page.path, a.status)
				}
			}
		})
	}
}
