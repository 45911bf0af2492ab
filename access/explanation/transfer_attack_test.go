package explanation_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/explanation"
)

// TestTransferLaundered: a manager moves caseloads to one tool of its own, for another tool to cover. It explains
// nothing, although an honest colleague declares the cover.
func TestTransferLaundered(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Caseload("colleague", "p1")
	w.Caseload("stranger", "p9")
	w.Join("tool", "manager", "approver")
	w.Join("mule", "manager", "approver")
	w.Clock.Add(time.Hour)
	if _, _, err := w.Explanations.Transfer(w.Ctx, w.By("manager"), explanation.TransferAsk{From: w.Who["colleague"].ID, To: w.Who["mule"].ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.cover("director", "tool", "mule", 9); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Hour)
	if e, ok := w.Explained("tool")["p1"]; !ok || !e.SelfGranted {
		t.Errorf("a laundered caseload explains the file: %+v", e)
	}

	// What an honest hand moved is lent as ever.
	w.Caseload("adviser", "p2")
	w.Clock.Add(time.Hour)
	if _, _, err := w.Explanations.Transfer(w.Ctx, w.By("director"), explanation.TransferAsk{From: w.Who["adviser"].ID, To: w.Who["mule"].ID}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Hour)
	if e, ok := w.Explained("tool")[cloison.PersonRef("p2")]; !ok || e.SelfGranted {
		t.Errorf("an honest transfer is not lent: %+v %v", e, ok)
	}
}
