// Package storetest is the contract of the stores as one suite, which every engine must pass unchanged: what the
// stages' store.go files promise, tried with many goroutines on two replicas of one database.
package storetest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/provisioning/scim"
	"cloison/access/provisioning/xapi"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

// All is one replica's hold on a database: every stage's store.
type All interface {
	directory.Store
	approval.Store
	imports.Store
	explanation.Store
	disclose.Store
	signin.Store
	contain.Store
	watch.Store
	letters.Store
	lifecycle.Store
	explanation.GrantStore
	seal.Store
	exposure.Store
	training.Store
	scim.Store
	xapi.Store
	retention.Store
	retention.HoldStore
	register.Store
	Readers
	// Maintain does what is to be done at start and once a day.
	Maintain(ctx context.Context, now time.Time) error
	Ping(ctx context.Context) error
	Close() error
}

// Open opens one more replica on the same database. It is closed by the end of the test at the latest.
type Open func(t *testing.T) All

// Run runs the whole contract. The function database makes one empty, migrated database for a test.
func Run(t *testing.T, database func(t *testing.T) Open) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"directory", directoryTests()},
		{"signin", signinTests()},
		{"disclose", discloseTests()},
		{"contain", containTests()},
		{"seal", sealTests()},
		{"retention", retentionTests()},
		{"training", trainingTests()},
		{"lifecycle", lifecycleTests()},
		{"watch", watchTests()},
		{"exposure", exposureTests()},
		{"letters", letterTests()},
		{"provisioning", resourceTests()},
		{"requests", requestTests()},
		{"register", registerTests()},
		{"races", raceTests()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.tests {
				t.Run(strings.ReplaceAll(c.says, " ", "_"), func(t *testing.T) {
					t.Parallel()
					open := database(t)
					c.run(&world{T: t, ctx: t.Context(), All: open(t), open: open})
				})
			}
		})
	}
}

// test is one sentence of the contract.
type test struct {
	says string
	run  func(w *world)
}

// world is a database with one replica open.
type world struct {
	*testing.T
	All
	ctx  context.Context
	open Open
}

// replica opens another replica on the same database.
func (w *world) replica() All { return w.open(w.T) }

// noon is when tests happen.
func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

func hours(n int) time.Time { return noon().Add(time.Duration(n) * time.Hour) }

// structure makes sure that the structure is there.
func (w *world) structure(id cloison.StructureID) {
	w.Helper()
	s := directory.Structure{ID: id, SIRET: "00000000000000", Label: "Mission locale " + string(id), Network: "UNML", Area: "76",
		Commune: "31555", MedianDay: 40}
	w.accepted(w.ImportStructures(w.ctx, []directory.Structure{s}))
}

// account imports an active account and returns it as stored.
func (w *world) account(name string) directory.Account {
	w.Helper()
	w.structure("ML1")
	a := directory.Account{ID: cloison.NewAccountID(), Structure: "ML1", Name: cloison.Personal(name),
		Email: cloison.Personal(name + "@ml1.example"), Binding: directory.Binding{IdP: "idp", Sub: name},
		Roles: directory.Adviser, State: directory.Active, Created: hours(-48)}
	w.accepted(w.ImportAccounts(w.ctx, []directory.Account{a}))
	return w.read(a.ID)
}

// read reads an account again.
func (w *world) read(id cloison.AccountID) directory.Account {
	w.Helper()
	a, err := w.Account(w.ctx, id)
	w.ok(err)
	return a
}

// session opens a session of the account.
func (w *world) session(of cloison.AccountID, left int32) signin.Session {
	w.Helper()
	s := signin.Session{ID: cloison.NewSessionID(), Account: of, Acr: "eidas2", Amr: []string{"pwd", "pop"},
		Opened: noon(), LastSeen: noon(), Auth: noon(), Expires: hours(4), Version: 1}
	copy(s.Token[:], fmt.Sprintf("token of %v", s.ID))
	w.ok(w.AddSession(w.ctx, s, left))
	return s
}

func (w *world) fence() int64 {
	w.Helper()
	f, err := w.Fence(w.ctx)
	w.ok(err)
	return f
}

// raises checks that do raises the fence.
func (w *world) raises(do func()) {
	w.Helper()
	before := w.fence()
	do()
	if after := w.fence(); after <= before {
		w.Errorf("the fence stayed at %d: a disclosure decided before would still commit", after)
	}
}

// keeps checks that do does not raise the fence.
func (w *world) keeps(do func()) {
	w.Helper()
	before := w.fence()
	do()
	if after := w.fence(); after != before {
		w.Errorf("the fence moved from %d to %d, although nothing changed", before, after)
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// is checks an error's kind.
func (w *world) is(want cloison.Kind, err error) {
	w.Helper()
	if err == nil {
		w.Fatalf("succeeded, want an error of kind %q", want)
	}
	if got := cloison.KindOf(err); got != want {
		w.Fatalf("error of kind %q, want %q: %v", got, want, err)
	}
}

// accepted checks that an import refused nothing.
func (w *world) accepted(refused []error, err error) {
	w.Helper()
	w.ok(err)
	for i, r := range refused {
		if r != nil {
			w.Fatalf("line %d was refused: %v", i, r)
		}
	}
}

// same compares values, times by their instants.
func same[T any](w *world, what string, got, want T) {
	w.Helper()
	if !reflect.DeepEqual(got, want) {
		w.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}
