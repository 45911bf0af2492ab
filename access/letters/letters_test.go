package letters_test

import (
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger/journal"
)

// world is the shared one with a body beside the structure, and no account but those that a test adds.
type world struct {
	*testworld.World
	path string
}

// open makes one. Its test runs beside others: most of it is waiting for the disk or a relay.
func open(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	path := testkit.SQLite(t)
	return &world{testworld.New(t, testworld.Options{Empty: true, Start: noon(), Open: testworld.SQLite(path),
		Approval:   approval.Settings{CourseOptional: true},
		Structures: []directory.Structure{{ID: "ML1", Label: "Mission locale de l’Exemple"}, {ID: "NET", Label: "Réseau"}}}), path}
}

func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

// add imports an account with those roles.
func (w *world) add(structure cloison.StructureID, name string, roles directory.Role, change ...func(*directory.Account)) cloison.AccountID {
	w.Helper()
	base := func(a *directory.Account) {
		a.Created, a.ManagersUntil = w.Clock.Now().Add(-time.Hour), time.Time{}
		a.Email = cloison.Personal(strings.ToLower(strings.Fields(name)[0]) + "@ml.example")
	}
	return w.Add(structure, name, roles, append([]func(*directory.Account){base}, change...)...).ID
}

func (w *world) event(e journal.Event) {
	w.Helper()
	e.At = w.Clock.Now()
	w.Must(w.DB.AddEvent(w.Context(), e))
}

func (w *world) newStage(relay *letters.Relay, s letters.Settings) *letters.Letters {
	w.Helper()
	c, err := letters.New(w.DB, w.DB, w.Approvals, relay, s, testkit.Paris(w), "here:"+cloison.NewSessionID().String(), testkit.Quiet(), w.Clock.Now)
	w.Must(err)
	return c
}

// write lets the stage write once.
func (w *world) write(c *letters.Letters) []letters.Letter {
	w.Helper()
	w.Must(c.Write(w.Context()))
	return w.outbox()
}

// outbox is all letters, oldest first.
func (w *world) outbox() []letters.Letter {
	w.Helper()
	list, err := w.DB.Letters(w.Context(), "", 0, 10_000)
	w.Must(err)
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// kinds says letters as "kind→role", for comparison.
func kinds(list []letters.Letter) string {
	var s []string
	for _, l := range list {
		s = append(s, string(l.Kind)+"→"+string(l.As)+":"+strings.TrimSuffix(l.Address.Reveal(), "@ml.example"))
	}
	return strings.Join(s, " ")
}

func TestEveryChangeIsToldToThoseWhoMustKnow(t *testing.T) {
	for _, c := range []struct {
		code string
		want string
	}{
		{"passkey.added", "own_factor→holder:alice factor→director:diane"},
		{"passkey.removed", "own_factor→holder:alice factor→director:diane"},
		{"passkey.cloned", "own_factor→holder:alice factor→director:diane"},
		{"account.rebound", "own_factor→holder:alice factor→director:diane"},
		{"account.suspended", "suspended→holder:alice staff_suspended→director:diane"},
		{"account.closed", "staff_suspended→director:diane"},
		{"account.amended", "own_factor→holder:alice factor→director:diane"},
		{"enrolment.unwitnessed", "unwitnessed→holder:alice unwitnessed→director:diane"},
		{"account.enrolled", "enrolled→holder:alice"},
		{"account.witnessed", "witnessed→holder:alice witnessed→director:diane"},
		{"breakglass.opened", "break_glass→director:diane"},
		{"session.opened", ""},
		{"import.accounts", ""},
		{"passkey.unheard_of", ""},
	} {
		t.Run(c.code, func(t *testing.T) {
			w := open(t)
			alice := w.add("ML1", "Alice Martin", directory.Adviser)
			w.add("ML1", "Diane Directrice", directory.Director)
			w.add("NET", "Omar Officier", directory.Officer)
			w.event(journal.Event{Code: c.code, Account: alice})
			if got := kinds(w.write(w.newStage(nil, letters.Settings{}))); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestATransferIsToldToBothStructures: to each director once, but for the one who receives; where there is none, to the
// officers.
func TestATransferIsToldToBothStructures(t *testing.T) {
	for name, c := range map[string]struct {
		giver, taker cloison.StructureID
		takes        directory.Role
		want         string
	}{
		"two structures":     {"ML1", "ML2", directory.Adviser, "transferred→director:dora transferred→director:diane"},
		"one":                {"ML1", "ML1", directory.Adviser, "transferred→director:diane"},
		"one has none":       {"ML1", "ML3", directory.Adviser, "transferred→officer:omar transferred→director:diane"},
		"a director gets it": {"ML1", "ML3", directory.Director, "transferred→officer:omar transferred→director:diane"},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			if _, err := w.DB.ImportStructures(t.Context(), []directory.Structure{{ID: "ML2", Label: "Deux"}, {ID: "ML3", Label: "Trois"}}); err != nil {
				t.Fatal(err)
			}
			giver := w.add(c.giver, "Gil Conseiller", directory.Adviser)
			taker := w.add(c.taker, "Tania Conseillère", c.takes)
			w.add("ML1", "Diane Directrice", directory.Director)
			w.add("ML2", "Dora Directrice", directory.Director)
			omar := w.add("NET", "Omar Officier", directory.Officer)
			w.event(journal.Event{Code: "caseload.transferred", Account: taker, Actor: omar, Detail: map[string]string{"from": giver.String(),
				"since": w.Clock.Now().Format(time.RFC3339), "persons": "12"}})
			list := w.write(w.newStage(nil, letters.Settings{}))
			if got := kinds(list); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
			for _, l := range list {
				for _, want := range []string{"12 personnes", "Gil Conseiller", "Tania Conseillère", "Omar Officier"} {
					if !strings.Contains(l.Body.Reveal(), want) {
						t.Errorf("%q is not in\n%s", want, l.Body.Reveal())
					}
				}
			}
		})
	}
}

// TestAHoldIsToldToWhoMayLiftIt: officers and DPOs hear of each step, the operator's too.
func TestAHoldIsToldToWhoMayLiftIt(t *testing.T) {
	w := open(t)
	w.add("NET", "Omar Officier", directory.Officer|directory.DPO)
	w.add("NET", "Dina Déléguée", directory.DPO)
	w.add("ML1", "Diane Directrice", directory.Director)
	for _, code := range []string{"ledger.held", "ledger.lift_asked", "ledger.lifted"} {
		w.event(journal.Event{Code: code, Act: 9})
	}
	list := w.write(w.newStage(nil, letters.Settings{}))
	if len(list) != 6 || !strings.Contains(list[0].Body.Reveal(), "l’exploitant de Cloison") {
		t.Errorf("%d letters: %s", len(list), kinds(list))
	}
}
