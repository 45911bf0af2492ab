package approval

import (
	"testing"

	"cloison"
	"cloison/access/directory"
)

func TestOutsideControl(t *testing.T) {
	at := func(id int) directory.Account { // its own lineage, each in its own structure
		return directory.Account{ID: cloison.AccountID(id), Lineage: cloison.AccountID(id), Structure: cloison.StructureID(rune('A' + id))}
	}
	with := func(a directory.Account, edit func(*directory.Account)) directory.Account { edit(&a); return a }
	for name, c := range map[string]struct {
		maker, decider directory.Account
		same           bool
		want           directory.DenyReason
	}{
		"strangers":              {at(1), at(2), false, ""},
		"oneself":                {at(1), at(1), true, directory.OwnProposal},
		"decider created maker":  {with(at(1), func(a *directory.Account) { a.CreatedBy = 2 }), at(2), true, directory.InControl},
		"decider approved maker": {with(at(1), func(a *directory.Account) { a.ApprovedBy = 2 }), at(2), true, directory.InControl},
		"decider re-enrolled maker": {with(at(1), func(a *directory.Account) { a.ReenrolledBy = 2 }), at(2), true,
			directory.InControl},
		"maker created decider":  {at(1), with(at(2), func(a *directory.Account) { a.CreatedBy = 1 }), true, directory.InControl},
		"maker approved decider": {at(1), with(at(2), func(a *directory.Account) { a.ApprovedBy = 1 }), true, directory.InControl},
		"maker re-enrolled decider": {at(1), with(at(2), func(a *directory.Account) { a.ReenrolledBy = 1 }), true,
			directory.InControl},
		"one lineage": {with(at(1), func(a *directory.Account) { a.Lineage = 9 }),
			with(at(2), func(a *directory.Account) { a.Lineage = 9 }), true, directory.SameLineage},
		"decider is the maker's root": {with(at(1), func(a *directory.Account) { a.Lineage = 2 }), at(2), true, directory.SameLineage},
		"maker is the decider's root": {at(1), with(at(2), func(a *directory.Account) { a.Lineage = 1 }), true, directory.SameLineage},
		"one structure": {at(1), with(at(2), func(a *directory.Account) { a.Structure = cloison.StructureID(rune('A' + 1)) }), false,
			directory.InControl},
		"one structure, which may be so": {at(1), with(at(2), func(a *directory.Account) { a.Structure = cloison.StructureID(rune('A' + 1)) }), true, ""},
	} {
		if got := directDependence(c.maker, c.decider, c.same); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
