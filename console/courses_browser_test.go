package console_test

import (
	"fmt"
	"testing"
	"time"

	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/demo/network"
	"cloison/internal/i18n"
	"cloison/internal/testkit"
)

// TestACourseInARealBrowser follows the awareness course by the keyboard and the mouse, with one mistake, up to the
// certificate.
func TestACourseInARealBrowser(t *testing.T) {
	w := newWorld(t)
	c, inspector := testkit.Chromium(t).Window("learner"), testkit.NewInspector(t)
	manager := w.promote(w.agent(0, network.Manager, 0), directory.Manager|directory.Adviser)
	account := w.accountOf(manager)
	account.AwarenessUntil = time.Now().AddDate(0, 0, -2)
	w.must(w.db.UpdateAccount(w.ctx, account))
	code, err := w.approvals.IssueCode(w.ctx, account.ID, false)
	w.must(err)
	w.signIn(c, manager, func(string) {})
	c.Open(w.at("/cloison/enrolement"))
	c.Fill(`input[name=code]`, code.Reveal()+"\r")
	c.Visible(`form[data-passkey=create] button`)
	c.Press(`form[data-passkey=create] button`)
	c.Until(title, "Confirmez que c’est bien vous")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(title, "Il vous manque")

	c.Open(w.at("/cloison/training?return=%2Foutil%2Fdossier"))
	inspector.Inspect(c, "formation-porte", true)
	c.Press(`main a.button`)
	c.Until(title, "formation")
	inspector.Inspect(c, "formation", true)
	c.Press(`form[action="/formation/awareness"] button`)
	c.Visible(`fieldset.choices`)
	inspector.Inspect(c, "formation-situation", true)

	school, err := training.New(nil, nil, training.Settings{}, nil, time.Now)
	w.must(err)
	course, _ := school.Course(directory.Awareness)
	attempts, err := w.db.Attempts(w.ctx, account.ID, time.Time{})
	w.must(err)
	id := attempts[0].ID
	for n := 1; ; n++ {
		a, err := w.db.Attempt(w.ctx, id)
		w.must(err)
		if a.State != training.Open {
			break
		}
		q := a.Questions[n-1]
		s, _ := course.Situation(i18n.French, q.Situation)
		place := 0
		for i, at := range q.Order {
			if s.Choices[at].Best == (n != 2) {
				place = i + 1
			}
		}
		c.Press(fmt.Sprintf(`.choices label:nth-of-type(%d)`, place))
		c.Press(`main form button`)
		c.Until(title, map[bool]string{true: "bon réflexe", false: "Pas tout à fait"}[n != 2])
		if n <= 2 {
			inspector.Inspect(c, fmt.Sprintf("formation-explication-%d", n), true)
		}
		c.Press(`main a.button`)
	}
	c.Until(title, "Réussi")
	inspector.Inspect(c, "formation-reussie", true)
	c.Open(w.at("/formation/attestations/" + id.String()))
	inspector.Inspect(c, "formation-attestation", true)
	c.Open(w.at("/formation/attestations"))
	inspector.Inspect(c, "formation-attestations", true)
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}
