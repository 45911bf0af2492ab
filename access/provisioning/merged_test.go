package provisioning_test

import (
	"errors"
	"strings"
	"testing"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// TestAStructureMergedAway: a client that goes on with the old name is told the new one when it proposes somebody; a
// leaver is stopped all the same, and whoever stays does not seem to move.
func TestAStructureMergedAway(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	in := func(message, structure string) string {
		return strings.Replace(message, `"active"`, `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"`+structure+`"},"active"`, 1)
	}
	m := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML1", Kept: "ML2", Since: w.now(), By: w.who["officer"].ID, Made: w.now(), State: lifecycle.MergerOpen}
	err := w.db.AddMerger(t.Context(), m, directory.Event{At: m.Made, Code: "merger.proposed"})
	m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, w.who["approver"].ID, m.Made
	err = errors.Join(err, w.db.DecideMerger(t.Context(), m, directory.Event{At: m.Made, Code: "merger.approved"}),
		w.db.Merge(t.Context(), m.ID, m.Made, directory.Event{At: m.Made, Code: "merger.done"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range []string{"idm", "network"} {
		got := w.scim(client, "POST", "/Users", in(newcomer("d1"), "ML1"))
		if got.status != 409 || !strings.Contains(got.body, `part of \"ML2\" now`) {
			t.Errorf("%s, with the old name: %d %s", client, got.status, got.body)
		}
	}
	if got := w.scim("idm", "POST", "/Users", in(newcomer("d2"), "ML9")); got.status != 400 {
		t.Errorf("a name that is none: %d %s", got.status, got.body)
	}
	w.want(w.scim("idm", "POST", "/Users", in(newcomer("d3"), "ML2")), 201)
	ann := "/Users/" + w.who["ann"].ID.String()
	old := `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"ML1"}`
	w.want(w.scim("idm", "PATCH", ann, patch(`{"op":"replace","value":{`+old+`,"active":false}}`)), 200)
	if a := w.read("ann"); a.State != directory.Suspended || a.Structure != "ML2" {
		t.Errorf("the leaver is %v in %s", a.State, a.Structure)
	}
}
