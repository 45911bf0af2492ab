package approval_test

import (
	"errors"
	"testing"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

// TestProposalsNameWhatExists: a proposal for a structure that was merged away is a Conflict that names the structure
// it is part of.
func TestProposalsNameWhatExists(t *testing.T) {
	w := newWorld(t, approval.Settings{CourseOptional: true})
	w.Merge()
	refused := func(what string, err error) {
		var gone directory.MergedAway
		if cloison.KindOf(err) != cloison.Conflict || !errors.As(err, &gone) || gone != (directory.MergedAway{From: "ML1", Into: "ML2"}) {
			t.Errorf("%s: %v", what, err)
		}
	}
	list := approval.List{Colleagues: []approval.Colleague{{Line: 2, Name: "A Exemple", Email: "a@ml1.example", Roles: directory.Adviser}}}
	for _, who := range []string{"manager", "officer"} { // of the gone structure, and of all
		_, err := w.Approvals.Propose(w.Ctx, w.By(who), testworld.Newcomer())
		refused(who, err)
		_, err = w.Approvals.ProposeList(w.Ctx, w.By(who), "ML1", list)
		refused(who+"'s list", err)
	}
	ask := testworld.Newcomer()
	ask.Structure = "ML2"
	if _, err := w.Approvals.Propose(w.Ctx, w.By("manager"), ask); err != nil {
		t.Errorf("for the new one: %v", err)
	}
}
