package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/store/shared"
)

// ImportStructures creates and updates structures.
func (db *DB) ImportStructures(ctx context.Context, batch []directory.Structure) ([]error, error) {
	refused := make([]error, len(batch))
	err := db.guarded(ctx, func(t *tx) error {
		b, changes := &pgx.Batch{}, int64(0)
		for i, s := range batch {
			if s.ID == "" {
				refused[i] = cloison.Errorf(cloison.Invalid, "a structure without id")
				continue
			}
			b.Queue(`INSERT INTO structure AS s (id, siret, label, network, area, commune, median_day) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (id) DO UPDATE SET siret = excluded.siret, label = excluded.label, network = excluded.network,
					area = excluded.area, commune = excluded.commune
				WHERE (s.siret, s.label, s.network, s.area, s.commune) IS DISTINCT FROM
					(excluded.siret, excluded.label, excluded.network, excluded.area, excluded.commune)`, string(s.ID), s.SIRET, s.Label, s.Network, s.Area, s.Commune, s.MedianDay)
		}
		results := t.on.SendBatch(t.ctx, b)
		for range b.Len() {
			tag, err := results.Exec()
			if err != nil {
				results.Close()
				return err
			}
			changes += tag.RowsAffected()
		}
		if err := results.Close(); err != nil || changes == 0 {
			return err
		}
		return t.RaiseFence()
	})
	if err != nil {
		return nil, err
	}
	return refused, nil
}

// ImportAccounts creates accounts and updates what an import may. With the gate locked no other transaction changes an
// account, so that the batch is decided on one reading of all that it may meet.
func (db *DB) ImportAccounts(ctx context.Context, batch []directory.Account) ([]error, error) {
	refused := make([]error, len(batch))
	err := db.guarded(ctx, func(t *tx) error {
		m, err := t.meet(batch)
		if err != nil {
			return err
		}
		for i, a := range batch {
			refused[i] = m.decide(a)
		}
		b := &pgx.Batch{}
		for _, a := range m.changed {
			if a.Version == 0 {
				b.Queue(shared.InsertAccount, encode(shared.AccountArgs(*a, 1))...)
				continue
			}
			b.Queue(`UPDATE account SET name = $1, email = $2, roles = $3, awareness_until = $4, managers_until = $5, folded = $6,
				version = version + 1 WHERE id = $7`, a.Name.Reveal(), a.Email.Reveal(), int64(a.Roles), orNull(a.AwarenessUntil),
				orNull(a.ManagersUntil), a.Folded(), int64(a.ID))
		}
		if b.Len() == 0 {
			return nil
		}
		b.Queue("UPDATE gate SET fence = fence + 1")
		return t.on.SendBatch(t.ctx, b).Close()
	})
	if err != nil {
		return nil, err
	}
	return refused, nil
}

// meeting is what a batch of accounts meets: the stored accounts with its identities and addresses, and what becomes of
// them.
type meeting struct {
	structures map[cloison.StructureID]cloison.StructureID // into which each was merged; "" while it stands for itself
	byBinding  map[directory.Binding]*directory.Account
	byEmail    map[string][]*directory.Account // in lower case
	changed    []*directory.Account            // Version 0: to be created
}

func lower(p cloison.Personal) string { return strings.ToLower(p.Reveal()) }

// meet reads, by three queries.
func (t *tx) meet(batch []directory.Account) (*meeting, error) {
	m := &meeting{structures: map[cloison.StructureID]cloison.StructureID{}, byBinding: map[directory.Binding]*directory.Account{},
		byEmail: map[string][]*directory.Account{}}
	var structures, emails, idps, subs []string
	for _, a := range batch {
		structures, emails = append(structures, string(a.Structure)), append(emails, lower(a.Email))
		idps, subs = append(idps, a.Binding.IdP), append(subs, a.Binding.Sub)
	}
	err := t.Each("SELECT id, merged_into FROM structure WHERE id = ANY($1)", []any{structures}, func(row shared.Row) error {
		var id, into string
		err := row.Scan(&id, &into)
		m.structures[cloison.StructureID(id)] = cloison.StructureID(into)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = t.Each("SELECT "+shared.AccountColumns+` FROM account WHERE (lower(email) = ANY($1) AND email <> '')
		OR (sub <> '' AND (idp, sub) IN (SELECT * FROM unnest($2::text[], $3::text[])))`, []any{emails, idps, subs}, func(row shared.Row) error {
		var a directory.Account
		err := row.Scan(shared.AccountDest(&a)...)
		m.index(&a)
		return err
	})
	return m, err
}

func (m *meeting) index(a *directory.Account) {
	if a.Binding != (directory.Binding{}) {
		m.byBinding[a.Binding] = a
	}
	if a.Email != "" {
		m.byEmail[lower(a.Email)] = append(m.byEmail[lower(a.Email)], a)
	}
}

// decide applies one line, or returns why not.
func (m *meeting) decide(a directory.Account) error {
	unbound := a.Binding == directory.Binding{}
	into, there := m.structures[a.Structure]
	switch {
	case unbound && a.Email == "":
		return cloison.Errorf(cloison.Invalid, "an account with neither an identity nor an e-mail address")
	case !unbound && (a.Binding.IdP == "" || a.Binding.Sub == ""):
		return cloison.Errorf(cloison.Invalid, "an account with half an identity: want identity provider and subject, or neither")
	case !there:
		return cloison.Errorf(cloison.NotFound, "there is no structure %q: import structures first", a.Structure)
	case into != "":
		return cloison.Errorf(cloison.Stale, "the structure %q is part of %q now: import the line again", a.Structure, into)
	}
	stored := m.byBinding[a.Binding]
	for _, other := range m.byEmail[lower(a.Email)] {
		if lower(other.Email) != lower(a.Email) {
			continue // it has changed its address by an earlier line
		}
		if unbound && stored == nil && other.Structure == a.Structure {
			stored = other
		} else if other != stored {
			return cloison.Errorf(cloison.Conflict, "its e-mail address belongs to an account with another identity")
		}
	}
	if stored == nil {
		if a.ID == 0 {
			a.ID = cloison.NewAccountID()
		}
		a.Lineage, a.Version = a.ID, 0
		m.index(&a)
		m.changed = append(m.changed, &a)
		return nil
	}
	was := *stored
	stored.Name, stored.Email, stored.Roles = a.Name, a.Email, a.Roles
	stored.AwarenessUntil = later(stored.AwarenessUntil, storedTime(a.AwarenessUntil))
	stored.ManagersUntil = later(stored.ManagersUntil, storedTime(a.ManagersUntil))
	if *stored == was {
		return nil
	}
	m.index(stored)
	if !slices.Contains(m.changed, stored) {
		m.changed = append(m.changed, stored)
	}
	return nil
}

// later keeps a file with an older date from shortening a training's validity.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// storedTime is a time as it will be read again.
func storedTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return cloison.Timestamp(t)
}

// ImportCaseload stores the batch by one statement, in the order of its key so that two imports never wait in a circle.
// The gate comes last here: no transaction that holds it touches assignments.
func (db *DB) ImportCaseload(ctx context.Context, batch []explanation.Assignment) ([]error, error) {
	refused := make([]error, len(batch))
	err := db.tx(ctx, func(t *tx) error {
		lines, err := t.resolve(batch, refused)
		if err != nil || len(lines) == 0 {
			return err
		}
		n := len(lines)
		account, person, means := make([]int64, n), make([]string, n), make([]string, n)
		since, until := make([]time.Time, n), make([]*time.Time, n)
		for i, l := range lines {
			account[i], person[i], means[i], since[i], until[i] = l.account, l.person, l.means, l.since, l.until
		}
		changes, err := t.Exec(`INSERT INTO assignment AS a (account, person, means, since, until)
			SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
			ON CONFLICT (account, person, means, since) DO UPDATE SET until = excluded.until
			WHERE a.until IS DISTINCT FROM excluded.until`, account, person, means, since, until)
		if err != nil || changes == 0 {
			return err
		}
		return t.RaiseFence()
	})
	if err != nil {
		return nil, err
	}
	return refused, nil
}

// line is an assignment with its account.
type line struct {
	account int64
	person  string
	means   string
	since   time.Time
	until   *time.Time
}

func (l line) compare(m line) int {
	switch {
	case l.account != m.account:
		return int(min(max(l.account-m.account, -1), 1))
	case l.person != m.person:
		return strings.Compare(l.person, m.person)
	case l.means != m.means:
		return strings.Compare(l.means, m.means)
	}
	return l.since.Compare(m.since)
}

// resolve finds the accounts of the batch, refuses the lines that cannot be stored, and returns the others in order, of
// those with the same key the last.
func (t *tx) resolve(batch []explanation.Assignment, refused []error) ([]line, error) {
	accounts, err := t.bound(batch)
	if err != nil {
		return nil, err
	}
	lines := make([]line, 0, len(batch))
	for i, a := range batch {
		id, known := accounts[a.Binding]
		switch {
		case a.Person.Check() != nil:
			refused[i] = a.Person.Check()
		case a.Means != explanation.Caseload && a.Means != explanation.Appointment:
			refused[i] = cloison.Errorf(cloison.Invalid, "an assignment by %q: want caseload or appointment", a.Means)
		case !known:
			refused[i] = cloison.Errorf(cloison.NotFound, "there is no account with that identity: import accounts first")
		default:
			lines = append(lines, line{id, string(a.Person), string(a.Means), cloison.Timestamp(a.Since), orNull(a.Until)})
		}
	}
	slices.Reverse(lines)
	slices.SortStableFunc(lines, line.compare)
	return slices.CompactFunc(lines, func(a, b line) bool { return a.compare(b) == 0 }), nil
}

// bound finds the accounts of the batch's identities.
func (t *tx) bound(batch []explanation.Assignment) (map[directory.Binding]int64, error) {
	accounts := map[directory.Binding]int64{}
	var idps, subs []string
	for _, a := range batch {
		if _, seen := accounts[a.Binding]; !seen {
			accounts[a.Binding] = 0
			idps, subs = append(idps, a.Binding.IdP), append(subs, a.Binding.Sub)
		}
	}
	clear(accounts)
	err := t.Each(`SELECT idp, sub, id FROM account
		WHERE sub <> '' AND (idp, sub) IN (SELECT * FROM unnest($1::text[], $2::text[]))`, []any{idps, subs}, func(row shared.Row) error {
		var b directory.Binding
		var id int64
		err := row.Scan(&b.IdP, &b.Sub, &id)
		accounts[b] = id
		return err
	})
	return accounts, err
}
