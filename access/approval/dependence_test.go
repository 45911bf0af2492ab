package approval

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
)

// The accounts of these tests.
const (
	maker cloison.AccountID = iota + 1
	decider
	root
)

// TestDirectDependence: two accounts that are independent of each other, and each tie between them.
func TestDirectDependence(t *testing.T) {
	for name, c := range map[string]struct {
		tie  func(m, d *directory.Account)
		same bool // the network lets approvers of the maker's structure approve
		want directory.DenyReason
	}{
		"strangers":                      {func(m, d *directory.Account) {}, false, ""},
		"one account":                    {func(m, d *directory.Account) { *d = *m }, true, directory.OwnProposal},
		"decider created maker":          {func(m, d *directory.Account) { m.CreatedBy = decider }, true, directory.InControl},
		"decider approved maker":         {func(m, d *directory.Account) { m.ApprovedBy = decider }, true, directory.InControl},
		"decider re-enrolled maker":      {func(m, d *directory.Account) { m.ReenrolledBy = decider }, true, directory.InControl},
		"maker created decider":          {func(m, d *directory.Account) { d.CreatedBy = maker }, true, directory.InControl},
		"maker approved decider":         {func(m, d *directory.Account) { d.ApprovedBy = maker }, true, directory.InControl},
		"maker re-enrolled decider":      {func(m, d *directory.Account) { d.ReenrolledBy = maker }, true, directory.InControl},
		"one lineage":                    {func(m, d *directory.Account) { m.Lineage, d.Lineage = root, root }, true, directory.SameLineage},
		"decider is the maker's root":    {func(m, d *directory.Account) { m.Lineage = decider }, true, directory.SameLineage},
		"maker is the decider's root":    {func(m, d *directory.Account) { d.Lineage = maker }, true, directory.SameLineage},
		"one structure":                  {func(m, d *directory.Account) { d.Structure = m.Structure }, false, directory.InControl},
		"one structure, which may be so": {func(m, d *directory.Account) { d.Structure = m.Structure }, true, ""},
	} {
		m := directory.Account{ID: maker, Lineage: maker, Structure: "ML1"}
		d := directory.Account{ID: decider, Lineage: decider, Structure: "ML2"}
		c.tie(&m, &d)
		if got := directDependence(m, d, c.same); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestLineageUnder(t *testing.T) {
	at := time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)
	if got := lineageUnder(directory.Account{ID: maker, Lineage: root, ProbationUntil: at.Add(1)}, at); got != root {
		t.Errorf("what a maker on probation makes belongs to %v, want its root", int64(got))
	}
	if got := lineageUnder(directory.Account{ID: maker, Lineage: root, ProbationUntil: at}, at); got != maker {
		t.Errorf("what a maker past probation makes belongs to %v, want the maker", int64(got))
	}
}
