package approval

import (
	"testing"
	"time"

	"cloison/access/directory"
)

func TestLineageUnder(t *testing.T) {
	at := time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)
	if got := lineageUnder(directory.Account{ID: 1, Lineage: 2, ProbationUntil: at.Add(1)}, at); got != 2 {
		t.Errorf("a fresh maker's work belongs to %v, want its root", int64(got))
	}
	if got := lineageUnder(directory.Account{ID: 1, Lineage: 2, ProbationUntil: at}, at); got != 1 {
		t.Errorf("an established maker's work belongs to %v, want the maker", int64(got))
	}
}
