package testworld

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/signin"
)

// Store is what accounts with caseloads and sessions are put into: either engine.
type Store interface {
	ImportAccounts(ctx context.Context, batch []directory.Account) (refused []error, err error)
	ImportCaseload(ctx context.Context, batch []explanation.Assignment) (refused []error, err error)
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	UpdateAccount(ctx context.Context, a directory.Account) error
	AddSession(ctx context.Context, s signin.Session, lease int32) error
}

// AddAccount imports an active adviser of ML1 who is bound to (idp, name) and established for a year. Edits change it
// before it is stored.
func AddAccount(t testing.TB, s Store, now time.Time, name string, edits ...func(*directory.Account)) directory.Account {
	t.Helper()
	a := directory.Account{ID: cloison.NewAccountID(), Structure: "ML1", Name: cloison.Personal(name), Email: cloison.Personal(name + "@ml.example"),
		Binding: directory.Binding{IdP: "idp", Sub: name}, Roles: directory.Adviser, State: directory.Active,
		Created: now.AddDate(-1, 0, 0), LastSeen: now.AddDate(0, 0, -1), AwarenessUntil: now.AddDate(0, 3, 0)}
	a.Lineage = a.ID
	for _, edit := range edits {
		edit(&a)
	}
	refused, err := s.ImportAccounts(t.Context(), []directory.Account{a})
	must(t, append(refused, err)...)
	stored, err := s.Account(t.Context(), a.ID)
	must(t, err)
	if stored.Lineage == a.Lineage {
		return stored
	}
	stored.Lineage = a.Lineage // an import makes each account the root of its own lineage
	must(t, s.UpdateAccount(t.Context(), stored))
	stored, err = s.Account(t.Context(), a.ID)
	must(t, err)
	return stored
}

// AddCaseload gives the account these persons, since a month.
func AddCaseload(t testing.TB, s Store, now time.Time, a directory.Account, persons ...cloison.PersonRef) {
	t.Helper()
	batch := make([]explanation.Assignment, len(persons))
	for i, p := range persons {
		batch[i] = explanation.Assignment{Binding: a.Binding, Person: p, Means: explanation.Caseload, Since: now.AddDate(0, -1, 0)}
	}
	refused, err := s.ImportCaseload(t.Context(), batch)
	must(t, append(refused, err)...)
}

// AddSession opens a session in which the account has just used its passkey, with that presence lease.
func AddSession(t testing.TB, s Store, now time.Time, a directory.Account, lease int32) signin.Session {
	t.Helper()
	session := signin.Session{ID: cloison.NewSessionID(), Account: a.ID, Binding: a.Binding, Opened: now, LastSeen: now, PasskeyAt: now,
		Expires: now.Add(4 * time.Hour)}
	rand.Read(session.Token[:])
	must(t, s.AddSession(t.Context(), session, lease))
	return session
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
