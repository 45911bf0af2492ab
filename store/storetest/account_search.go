package storetest

import (
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
)

// found lists the names of a search, page by page.
func (w *world) found(s directory.Search) []string {
	w.Helper()
	names := []string{}
	for s.Limit = 2; ; {
		page, err := w.FindAccounts(w.ctx, s)
		w.ok(err)
		for _, a := range page {
			names = append(names, a.Name.Reveal())
			s.After = a.ID
		}
		if len(page) < s.Limit {
			return names
		}
	}
}

func findAccounts(w *world) {
	batch := []directory.Structure{{ID: "ML8", Label: "a"}, {ID: "ML9", Label: "b"}}
	w.accepted(w.ImportStructures(w.ctx, batch))
	line := func(name, email string, structure cloison.StructureID, roles directory.Role) directory.Account {
		return directory.Account{Name: cloison.Personal(name), Email: cloison.Personal(email), Structure: structure, Roles: roles,
			State: directory.Active, Binding: directory.Binding{IdP: "finding", Sub: email}}
	}
	w.accepted(w.ImportAccounts(w.ctx, []directory.Account{
		line("Élodie Zélande", "e.z@ml8.example", "ML8", directory.Adviser),
		line("anne-Sophie d’Œuvre", "a.s@ml9.example", "ML9", directory.Manager|directory.Adviser),
		line("100% Exemple_", "cent@ml8.example", "ML8", directory.Reception)}))
	for _, c := range []struct {
		search directory.Search
		want   []string
	}{
		{directory.Search{Words: "ELODIE zel"}, []string{"Élodie Zélande"}},
		{directory.Search{Words: "oeuvre d'"}, []string{"anne-Sophie d’Œuvre"}},
		{directory.Search{Words: "a.s@ml9"}, []string{"anne-Sophie d’Œuvre"}},
		{directory.Search{Words: "exemple_"}, []string{"100% Exemple_"}}, // no sign stands for others
		{directory.Search{Words: "%_"}, []string{}},
		{directory.Search{Words: "elodie", Structure: "ML9"}, []string{}},
		{directory.Search{Structure: "ML8", By: directory.ByName}, []string{"100% Exemple_", "Élodie Zélande"}},
		{directory.Search{Words: "ml", Roles: directory.Manager | directory.Reception, By: directory.ByName}, []string{"100% Exemple_", "anne-Sophie d’Œuvre"}},
		{directory.Search{Words: "ml8", State: "suspended"}, []string{}},
	} {
		if got := w.found(c.search); !slices.Equal(got, c.want) {
			w.Errorf("%+v finds %q, want %q", c.search, got, c.want)
		}
	}
	a, err := w.AccountByBinding(w.ctx, directory.Binding{IdP: "finding", Sub: "e.z@ml8.example"})
	w.ok(err)
	a.Name, a.State, a.LastSeen = "Renommée Exemple", directory.Suspended, time.Now()
	w.ok(w.UpdateAccount(w.ctx, a))
	for search, want := range map[directory.Search][]string{
		{Words: "zelande"}:                               {},
		{Words: "renommee", State: "suspended"}:          {"Renommée Exemple"},
		{Structure: "ML8", By: directory.BySeen}:         {"100% Exemple_", "Renommée Exemple"},
		{Words: "ml8 exemple", By: directory.ByName}:     {"100% Exemple_", "Renommée Exemple"},
		{Words: "ml", State: "active", Structure: "ML8"}: {"100% Exemple_"},
	} {
		if got := w.found(search); !slices.Equal(got, want) {
			w.Errorf("after the change %+v finds %q, want %q", search, got, want)
		}
	}
}

func members(w *world) {
	a := w.account("claire")
	a.ProbationUntil, a.Lineage, a.Roles, a.State = hours(3), 7, directory.Reception, directory.Pending
	w.ok(w.UpdateAccount(w.ctx, a))
	for _, structure := range []cloison.StructureID{"", a.Structure} {
		all, err := w.Members(w.ctx, structure)
		w.ok(err)
		i := slices.IndexFunc(all, func(m directory.Member) bool { return m.ID == a.ID })
		if i < 0 || all[i] != a.Member() {
			w.Errorf("the members of %q are %+v, want %+v among them", structure, all, a.Member())
		}
		if !slices.IsSortedFunc(all, func(a, b directory.Member) int { return int(max(-1, min(1, a.ID-b.ID))) }) {
			w.Errorf("the members of %q are not by id", structure)
		}
	}
	none, err := w.Members(w.ctx, "ML-nowhere")
	w.ok(err)
	if len(none) > 0 {
		w.Errorf("a structure that is not there has %d members", len(none))
	}
}
