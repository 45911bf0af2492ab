package scim_test

import (
	"errors"
	"strings"
	"testing"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/internal/testkit/machinekit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger/journal"
)

// TestAStructureMergedAway: a client that keeps the old name gets the new one when it proposes a person; a
// leaver is stopped all the same, and a person who stays does not seem to move.
func TestAStructureMergedAway(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	in := func(message, structure string) string {
		return strings.Replace(message, `"active"`, `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"`+structure+`"},"active"`, 1)
	}
	m := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML1", Kept: "ML2", Since: w.Now(), By: w.Who["officer"].ID, Made: w.Now(), State: lifecycle.MergerOpen}
	err := w.DB.AddMerger(t.Context(), m, journal.Event{At: m.Made, Code: "merger.proposed"})
	m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, w.Who["approver"].ID, m.Made
	err = errors.Join(err, w.DB.DecideMerger(t.Context(), m, journal.Event{At: m.Made, Code: "merger.approved"}),
		w.DB.Merge(t.Context(), m.ID, m.Made, journal.Event{At: m.Made, Code: "merger.done"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []string{"idm", "network"} {
		got := w.SCIM(client, "POST", "/Users", in(machinekit.Newcomer("d1"), "ML1"))
		if got.Status != 409 || !strings.Contains(got.Body, `part of \"ML2\" now`) {
			t.Errorf("%s, with the old name: %d %s", client, got.Status, got.Body)
		}
	}
	if got := w.SCIM("idm", "POST", "/Users", in(machinekit.Newcomer("d2"), "ML9")); got.Status != 400 {
		t.Errorf("a name that is none: %d %s", got.Status, got.Body)
	}
	w.Want(w.SCIM("idm", "POST", "/Users", in(machinekit.Newcomer("d3"), "ML2")), 201)
	ann := "/Users/" + w.Who["ann"].ID.String()
	old := `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML1"}`
	w.Want(w.SCIM("idm", "PATCH", ann, machinekit.Patch(`{"op":"replace","value":{`+old+`,"active":false}}`)), 200)
	if a := w.Read("ann"); a.State != directory.Suspended || a.Structure != "ML2" {
		t.Errorf("the leaver is %v in %s", a.State, a.Structure)
	}
}
