package imports_test

import (
	"strings"
	"testing"
	"time"

	"cloison/access/imports"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
)

// TestTrainingImport imports a platform's file, with its mistakes, twice.
func TestTrainingImport(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	file := "idp,sub,course,completed_at\n" +
		"idp,adviser,awareness,2025-10-15\n" +
		"idp,manager,managers,15/10/2025\n" +
		"idp,adviser,awareness,2025-09-01\n" + // older: shortens nothing
		"idp,adviser,awarenes,2025-10-15\n" +
		"idp,nobody,awareness,2025-10-15\n" +
		"idp,adviser,awareness,2031-01-01\n" +
		"idp,adviser,awareness,\n" +
		",,awareness,2025-10-15\n"
	for range 2 {
		sum, refused, err := w.Load(imports.TrainingFile, file, imports.Options{})
		if err != nil || sum.Stored != 3 || sum.Refused != 5 || !strings.Contains(refused[5], `"awareness"`) ||
			!strings.Contains(refused[6], "no account") || !strings.Contains(refused[7], "future") {
			t.Fatal(sum, refused, err)
		}
	}
	paris := testkit.Paris(t)
	a, m := w.Account(w.Who["adviser"].ID), w.Account(w.Who["manager"].ID)
	if !a.AwarenessUntil.Equal(time.Date(2026, 4, 15, 0, 0, 0, 0, paris)) || a.Version != w.Who["adviser"].Version+1 {
		t.Errorf("awareness until %v, version %d", a.AwarenessUntil, a.Version)
	}
	if !m.ManagersUntil.Equal(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("a course until %v was shortened to %v", w.Who["manager"].ManagersUntil, m.ManagersUntil)
	}
	attested := 0
	for _, c := range w.Codes() {
		if c == "training.attested" {
			attested++
		}
	}
	if attested != 1 {
		t.Errorf("%d attestations in the journal, want the one that prolonged", attested)
	}
}
