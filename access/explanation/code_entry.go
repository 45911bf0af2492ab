package explanation

import (
	"context"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

const (
	tryWindow = time.Hour
	slips     = 2 // wrong codes of an hour that count as slips; the next ones are evidence
)

// EnterCode takes the code that a person reads out: the caller meets that person until the end of the day. A code
// works once, and not after a later one. The answer does not say whether the code or the person is wrong, and takes
// the same time.
//
// Every code counts before it is checked, for the caller and for the person. So many accounts that guess for one
// person are stopped like one that guesses for many. From the third wrong code of an hour on, each is evidence for
// the detector, like a refused read.
func (d *Grants) EnterCode(ctx context.Context, by cloison.Caller, person cloison.PersonRef, code cloison.Secret) (Grant, error) {
	caller, err := d.MayEnterCode(ctx, by, person)
	if err != nil {
		return Grant{}, err
	}
	digest, err := d.codes.digest(person)
	if err != nil {
		return Grant{}, err
	}
	now := d.now()
	mine, theirs, err := d.store.TryCode(ctx, caller.ID, digest, now, now.Add(-tryWindow))
	if err != nil {
		return Grant{}, err
	}
	event := journal.Event{Actor: caller.ID, Account: caller.ID, Session: by.Session}
	if mine > d.settings.CodeTries || theirs > d.settings.CodeTries {
		event.Code = "desk.locked"
		d.directory.Record(ctx, event)
		return Grant{}, directory.Deny(directory.CodeLocked)
	}
	step, right, err := d.codes.match(person, typed(code), now)
	if err != nil {
		return Grant{}, err
	}
	_, ends := d.today(now)
	g := Grant{ID: cloison.NewActID(), Account: caller.ID, Structure: caller.Structure, Person: person, Means: Code,
		Made: now, Until: ends}
	if right {
		err = d.store.SpendCode(ctx, digest, step, g)
		if err == nil {
			event.Code, event.Act = "code.presented", g.ID
			d.directory.Record(ctx, event)
			return g, nil
		}
		if cloison.KindOf(err) != cloison.Conflict { // used before: as wrong as any other
			return Grant{}, err
		}
	}
	event.Code = "desk.code_failed"
	d.directory.Record(ctx, event)
	if d.evidence != nil && mine > slips {
		if err := d.evidence(ctx, by, person); err != nil {
			d.log.ErrorContext(ctx, "recording a wrong code as evidence failed", "account", caller.ID.String(), "err", err)
		}
	}
	return Grant{}, directory.Deny(directory.WrongCode)
}

// MayEnterCode says whether the caller may type a code for that person: its account, or the error that EnterCode
// would give before it checks the code.
func (d *Grants) MayEnterCode(ctx context.Context, by cloison.Caller, person cloison.PersonRef) (directory.Account, error) {
	caller, err := d.directory.Caller(ctx, by)
	if err != nil {
		return caller, err
	}
	if err := directory.Allow(directory.ToPresent, caller, caller); err != nil {
		return caller, err
	}
	if err := person.Check(); err != nil {
		return caller, err
	}
	if !d.TakesCodes() {
		return caller, cloison.Errorf(cloison.Unavailable, "this body gives no codes to persons: no desk.listen is set")
	}
	return caller, nil
}

// typed removes what people put between digits.
func typed(code cloison.Secret) string {
	return strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "-", "", ".", "").Replace(code.Reveal())
}
