package sqlite

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/store/shared"
)

// imported runs a batch in one transaction, and raises the fence when a line changed something.
func (db *DB) imported(ctx context.Context, lines int, do func(t shared.Tx, refused []error) (changes int64, err error)) ([]error, error) {
	refused := make([]error, lines)
	err := db.tx(ctx, func(t shared.Tx) error {
		n, err := do(t, refused)
		if err != nil || n == 0 {
			return err
		}
		return t.RaiseFence()
	})
	if err != nil {
		return nil, err
	}
	return refused, nil
}

// ImportStructures creates and updates structures.
func (db *DB) ImportStructures(ctx context.Context, batch []directory.Structure) ([]error, error) {
	return db.imported(ctx, len(batch), func(t shared.Tx, refused []error) (changes int64, err error) {
		for i, s := range batch {
			if s.ID == "" {
				refused[i] = cloison.Errorf(cloison.Invalid, "a structure without id")
				continue
			}
			n, err := t.Exec(`INSERT INTO structure (id, siret, label, network, area, commune, median_day) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET siret = excluded.siret, label = excluded.label, network = excluded.network,
					area = excluded.area, commune = excluded.commune
				WHERE (siret, label, network, area, commune) IS NOT (excluded.siret, excluded.label,
					excluded.network, excluded.area, excluded.commune)`,
				string(s.ID), s.SIRET, s.Label, s.Network, s.Area, s.Commune, s.MedianDay)
			if err != nil {
				return 0, err
			}
			changes += n
		}
		return changes, nil
	})
}

// ImportAccounts creates accounts and updates what an import may.
func (db *DB) ImportAccounts(ctx context.Context, batch []directory.Account) ([]error, error) {
	return db.imported(ctx, len(batch), func(t shared.Tx, refused []error) (changes int64, err error) {
		for i, a := range batch {
			n, err := importAccount(t, a)
			if cloison.KindOf(err) != cloison.Internal {
				refused[i], err = err, nil
			}
			if err != nil {
				return 0, err
			}
			changes += n
		}
		return changes, nil
	})
}

// importAccount stores one line; an error with a Kind refuses the line.
func importAccount(t shared.Tx, a directory.Account) (changes int64, err error) {
	unbound := a.Binding == directory.Binding{}
	switch {
	case unbound && a.Email == "":
		return 0, cloison.Errorf(cloison.Invalid, "an account with neither an identity nor an e-mail address")
	case !unbound && (a.Binding.IdP == "" || a.Binding.Sub == ""):
		return 0, cloison.Errorf(cloison.Invalid, "an account with half an identity: want identity provider and subject, or neither")
	}
	which, args := "idp = ? AND sub = ? AND sub <> ''", []any{a.Binding.IdP, a.Binding.Sub}
	if unbound {
		which, args = "email = ? COLLATE NOCASE AND structure = ?", []any{a.Email.Reveal(), string(a.Structure)}
	}
	var stored directory.Account
	err = t.Row("SELECT "+shared.AccountColumns+" FROM account WHERE "+which, args...).Scan(shared.AccountDest(&stored)...)
	fresh := none(err)
	if err != nil && !fresh {
		return 0, err
	}
	var structures, elsewhere int
	var into cloison.StructureID
	err = t.Row(`SELECT (SELECT count(*) FROM structure WHERE id = ?1), coalesce((SELECT merged_into FROM structure WHERE id = ?1), ''),
		(SELECT count(*) FROM account WHERE email = ?2 COLLATE NOCASE AND email <> '' AND id <> ?3)`,
		string(a.Structure), a.Email.Reveal(), int64(stored.ID)).Scan(&structures, &into, &elsewhere)
	switch {
	case err != nil:
		return 0, err
	case structures == 0:
		return 0, cloison.Errorf(cloison.NotFound, "there is no structure %q: import structures first", a.Structure)
	case into != "":
		return 0, cloison.Errorf(cloison.Stale, "the structure %q is part of %q now: import the line again", a.Structure, into)
	case elsewhere > 0:
		return 0, cloison.Errorf(cloison.Conflict, "its e-mail address belongs to an account with another identity")
	case fresh:
		if a.ID == 0 {
			a.ID = cloison.NewAccountID()
		}
		a.Lineage = a.ID
		return 1, t.InsertAccount(a)
	}
	was := stored
	stored.Name, stored.Email, stored.Roles = a.Name, a.Email, a.Roles
	stored.AwarenessUntil = later(stored.AwarenessUntil, instant(millis(a.AwarenessUntil)))
	stored.ManagersUntil = later(stored.ManagersUntil, instant(millis(a.ManagersUntil)))
	if stored == was {
		return 0, nil
	}
	return 1, t.UpdateAccount(stored)
}

// later keeps a file with an older date from shortening a training's validity.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// caseloadRows is how many assignments one statement takes.
const caseloadRows = 64

// ImportCaseload stores the batch in the order of the table, which saves most of the work on a large one.
func (db *DB) ImportCaseload(ctx context.Context, batch []explanation.Assignment) ([]error, error) {
	return db.imported(ctx, len(batch), func(t shared.Tx, refused []error) (int64, error) {
		lines, err := resolve(t, batch, refused)
		if err != nil {
			return 0, err
		}
		slices.SortStableFunc(lines, func(a, b line) int {
			if a.account != b.account {
				return int(min(max(a.account-b.account, -1), 1))
			}
			return strings.Compare(a.person, b.person)
		})
		var changes int64
		for len(lines) > 0 {
			n := 1
			if len(lines) >= caseloadRows {
				n = caseloadRows
			}
			c, err := storeLines(t, lines[:n])
			if err != nil {
				return 0, err
			}
			changes, lines = changes+c, lines[n:]
		}
		return changes, nil
	})
}

// line is an assignment with its account.
type line struct {
	account      int64
	person       string
	means        string
	since, until int64
}

// resolve finds the accounts of the batch, and refuses the lines that cannot be stored.
func resolve(t shared.Tx, batch []explanation.Assignment, refused []error) ([]line, error) {
	accounts := map[directory.Binding]int64{}
	lines := make([]line, 0, len(batch))
	for i, a := range batch {
		if refused[i] = a.Person.Check(); refused[i] != nil {
			continue
		}
		if a.Means != explanation.Caseload && a.Means != explanation.Appointment {
			refused[i] = cloison.Errorf(cloison.Invalid, "an assignment by %q: want caseload or appointment", a.Means)
			continue
		}
		id, ok := accounts[a.Binding]
		if !ok {
			err := t.Row("SELECT id FROM account WHERE idp = ? AND sub = ? AND sub <> ''", a.Binding.IdP, a.Binding.Sub).Scan(&id)
			if err != nil && !none(err) {
				return nil, err
			}
			accounts[a.Binding] = id
		}
		if id == 0 {
			refused[i] = cloison.Errorf(cloison.NotFound, "there is no account with that identity: import accounts first")
			continue
		}
		lines = append(lines, line{id, string(a.Person), string(a.Means), millis(a.Since), millis(a.Until)})
	}
	return lines, nil
}

func storeLines(t shared.Tx, lines []line) (changes int64, err error) {
	args := make([]any, 0, 5*len(lines))
	for _, l := range lines {
		args = append(args, l.account, l.person, l.means, l.since, l.until)
	}
	return t.Exec("INSERT INTO assignment (account, person, means, since, until) VALUES "+tuples(len(lines), 5)+
		" ON CONFLICT DO UPDATE SET until = excluded.until WHERE until <> excluded.until", args...)
}

// tuples writes n tuples of w placeholders.
func tuples(n, w int) string { return repeated("(?"+strings.Repeat(", ?", w-1)+")", n) }

// repeated writes a tuple n times.
func repeated(tuple string, n int) string { return tuple + strings.Repeat(", "+tuple, n-1) }
