package self_test

import (
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/demo/network"
	"cloison/internal/i18n"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"fmt"
	"testing"
	"time"
)

// TestACourseInARealBrowser follows the awareness course by the keyboard and the mouse, with one mistake, up to the
// certificate.
func TestACourseInARealBrowser(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	c, inspector := testkit.Chromium(t).Window("learner"), testkit.NewInspector(t)
	manager := w.Promote(w.Agent(0, network.Manager, 0), directory.Manager|directory.Adviser)
	account := w.AccountOf(manager)
	account.AwarenessUntil = time.Now().AddDate(0, 0, -2)
	w.Must(w.DB.UpdateAccount(w.Ctx, account))
	code, err := w.Approvals.IssueCode(w.Ctx, account.ID, false)
	w.Must(err)
	w.SignIn(c, manager, func(string) {})
	c.Open(w.At("/cloison/enrolement"))
	c.Fill(`input[name=code]`, code.Reveal()+"\r")
	c.Visible(`form[data-passkey=create] button`)
	c.Press(`form[data-passkey=create] button`)
	c.Until(consolekit.Title, "Confirmez que c’est bien vous")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(consolekit.Title, "Il vous manque")

	c.Open(w.At("/cloison/training?return=%2Foutil%2Fdossier"))
	inspector.Inspect(c, "formation-porte", true)
	c.Press(`main a.button`)
	c.Until(consolekit.Title, "formation")
	inspector.Inspect(c, "formation", true)
	c.Press(`form[action="/formation/awareness"] button`)
	c.Visible(`fieldset.choices`)
	inspector.Inspect(c, "formation-situation", true)

	school, err := training.New(nil, nil, training.Settings{}, time.Now)
	w.Must(err)
	course, _ := school.Course(directory.Awareness)
	attempts, err := w.DB.Attempts(w.Ctx, account.ID, time.Time{})
	w.Must(err)
	id := attempts[0].ID
	for n := 1; ; n++ {
		a, err := w.DB.Attempt(w.Ctx, id)
		w.Must(err)
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
		c.Until(consolekit.Title, map[bool]string{true: "bon réflexe", false: "Pas tout à fait"}[n != 2])
		if n <= 2 {
			inspector.Inspect(c, fmt.Sprintf("formation-explication-%d", n), true)
		}
		c.Press(`main a.button`)
	}
	c.Until(consolekit.Title, "Réussi")
	inspector.Inspect(c, "formation-reussie", true)
	c.Open(w.At("/formation/attestations/" + id.String()))
	inspector.Inspect(c, "formation-attestation", true)
	c.Open(w.At("/formation/attestations"))
	inspector.Inspect(c, "formation-attestations", true)
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}
