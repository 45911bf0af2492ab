package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

const proposalColumns = `id, kind, structure, account, name, email, roles, made_by, made, session, state, decided_by, decided,
	reason, version, device, network, known_since, note`

func proposalDest(p *approval.Proposal) []any {
	return []any{(*int64)(&p.ID), (*string)(&p.Kind), (*string)(&p.Structure), (*int64)(&p.Account), (*string)(&p.Name), (*string)(&p.Email),
		(*uint16)(&p.Roles), (*int64)(&p.By), (*moment)(&p.Made), (*int64)(&p.Session), (*string)(&p.State), (*int64)(&p.DecidedBy),
		(*moment)(&p.Decided), &p.Reason, &p.Version, &p.From.Device, &p.From.Network,
		(*moment)(&p.From.Since), (*string)(&p.Note)}
}

// AddProposal counts and stores in one transaction: two at once cannot both be the last one allowed.
func (db *DB) AddProposal(ctx context.Context, p approval.Proposal, since time.Time, maxMaker, maxStructure int) error {
	return db.guarded(ctx, func(t *tx) error { return t.addProposal(p, since, maxMaker, maxStructure) })
}

func (t *tx) addProposal(p approval.Proposal, since time.Time, maxMaker, maxStructure int) error {
	if err := t.stillActive(p.By); err != nil {
		return err
	}
	if err := t.stillStands(p.Structure); err != nil {
		return err
	}
	var byMaker, inStructure, same int
	err := t.row(`SELECT (SELECT count(*) FROM proposal WHERE made_by = $1 AND made >= $3),
		(SELECT count(*) FROM proposal WHERE structure = $2 AND made >= $3),
		(SELECT count(*) FROM proposal WHERE state = 'open' AND structure = $2 AND kind = $4 AND account = $5
			AND (account <> 0 OR lower(email) = $6))
			+ (SELECT count(*) FROM proposal p JOIN newcomer n ON n.proposal = p.id WHERE p.state = 'open' AND p.structure = $2
				AND $4 = 'new_account' AND lower(n.email) = $6)`,
		int64(p.By), string(p.Structure), exact(since), string(p.Kind), int64(p.Account), lower(p.Email)).
		Scan(&byMaker, &inStructure, &same)
	switch {
	case err != nil:
		return err
	case byMaker >= maxMaker:
		return cloison.Errorf(cloison.Denied, "its maker made %d proposals already: wait, or ask the officer", byMaker)
	case inStructure >= maxStructure:
		return cloison.Errorf(cloison.Denied, "its structure made %d proposals already: wait, or ask the officer", inStructure)
	case same > 0:
		return cloison.Errorf(cloison.Conflict, "the same is proposed already, and waits for its approver")
	}
	err = t.row(`SELECT s.device, s.network, p.proved FROM session s LEFT JOIN place p
		ON p.account = s.account AND p.network = s.network AND p.user_agent = s.user_agent WHERE s.id = $1`, int64(p.Session)).
		Scan(&p.From.Device, &p.From.Network, (*moment)(&p.From.Since))
	if err != nil && !none(err) {
		return err
	}
	return t.run("INSERT INTO proposal ("+proposalColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $17, $18)`,
		int64(p.ID), string(p.Kind), string(p.Structure), int64(p.Account), p.Name.Reveal(), p.Email.Reveal(), int64(p.Roles),
		int64(p.By), stamp(p.Made), int64(p.Session), string(p.State), int64(p.DecidedBy), stamp(p.Decided), p.Reason,
		p.From.Device, p.From.Network, stamp(p.From.Since), p.Note.Reveal())
}

// Proposal finds a proposal by its id, with its list.
func (db *DB) Proposal(ctx context.Context, id cloison.ActID) (p approval.Proposal, err error) {
	err = db.get(ctx, "proposal", "SELECT "+proposalColumns+" FROM proposal WHERE id = $1", []any{int64(id)}, proposalDest(&p))
	if err == nil && p.Kind == approval.NewAccounts {
		p.List, err = db.newcomers(ctx, id)
	}
	return p, err
}

// Proposals lists the open ones.
func (db *DB) Proposals(ctx context.Context, structure cloison.StructureID) ([]approval.Proposal, error) {
	var list []approval.Proposal
	err := db.each(ctx, "SELECT "+proposalColumns+` FROM proposal
		WHERE state = 'open' AND ($1 = '' OR structure = $1) ORDER BY made, id`, []any{string(structure)},
		func(rows pgx.Rows) error {
			var p approval.Proposal
			err := rows.Scan(proposalDest(&p)...)
			list = append(list, p)
			return unavailable(err)
		})
	return list, err
}

// Refused lists a maker's proposals that were refused since then.
func (db *DB) Refused(ctx context.Context, maker cloison.AccountID, since time.Time, most int) (list []approval.Proposal, err error) {
	err = db.each(ctx, "SELECT "+proposalColumns+` FROM proposal WHERE state = 'refused' AND made_by = $1 AND decided >= $2
		ORDER BY decided DESC, id LIMIT $3`, []any{int64(maker), exact(since), most}, func(rows pgx.Rows) error {
		var p approval.Proposal
		err := rows.Scan(proposalDest(&p)...)
		list = append(list, p)
		return unavailable(err)
	})
	return list, err
}

// ProposalsBy counts a maker's proposals.
func (db *DB) ProposalsBy(ctx context.Context, maker cloison.AccountID, since time.Time) (map[approval.ProposalState]int, error) {
	counts := map[approval.ProposalState]int{}
	err := db.each(ctx, "SELECT state, count(*) FROM proposal WHERE made_by = $1 AND made >= $2 GROUP BY state",
		[]any{int64(maker), exact(since)}, func(rows pgx.Rows) error {
			var state approval.ProposalState
			var n int
			err := rows.Scan((*string)(&state), &n)
			counts[state] = n
			return unavailable(err)
		})
	return counts, err
}

// Approvals counts who approved whose proposals.
func (db *DB) Approvals(ctx context.Context, since time.Time) (pairs []approval.Pair, err error) {
	err = db.each(ctx, `SELECT made_by, decided_by, count(*) FROM proposal WHERE state = 'approved' AND decided >= $1
		GROUP BY made_by, decided_by ORDER BY count(*) DESC, made_by, decided_by`, []any{exact(since)}, func(rows pgx.Rows) error {
		var p approval.Pair
		err := rows.Scan((*int64)(&p.Maker), (*int64)(&p.Decider), &p.Approved)
		pairs = append(pairs, p)
		return unavailable(err)
	})
	return pairs, err
}

// DecideProposal ends a proposal, with the account that comes of it.
func (db *DB) DecideProposal(ctx context.Context, p approval.Proposal, a *directory.Account) error {
	return db.guarded(ctx, func(t *tx) error {
		if err := t.endProposal(p); err != nil {
			return err
		}
		if a == nil {
			return nil
		}
		var there bool
		err := t.row("SELECT EXISTS (SELECT FROM account WHERE id = $1)", int64(a.ID)).Scan(&there)
		if err != nil {
			return err
		}
		if there {
			err = t.replaceAccount(*a)
		} else {
			err = t.insertAccount(*a)
		}
		if err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// endProposal moves an open proposal to what was decided.
func (t *tx) endProposal(p approval.Proposal) error {
	n, err := t.exec(`UPDATE proposal SET state = $1, account = $2, decided_by = $3, decided = $4, reason = $5, note = $6, version = version + 1
		WHERE id = $7 AND state = 'open' AND version = $8`, string(p.State), int64(p.Account), int64(p.DecidedBy),
		stamp(p.Decided), p.Reason, p.Note.Reveal(), int64(p.ID), p.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return stale("proposal")
	}
	if p.State == approval.Approved {
		if err := t.stillActive(p.By, p.DecidedBy); err != nil {
			return err
		}
	}
	return nil
}

// stillActive refuses what a cut account asked for or granted. Zero is the operator.
func (t *tx) stillActive(accounts ...cloison.AccountID) error {
	for _, id := range accounts {
		var active bool
		err := t.row("SELECT EXISTS (SELECT FROM account WHERE id = $1 AND state = $2)", int64(id), int64(directory.Active)).Scan(&active)
		if err != nil {
			return err
		}
		if !active && id != 0 {
			return stale("account of who proposed or decided")
		}
	}
	return nil
}

// SetEnrolment stores a fresh code; an older one of the account dies with it.
func (db *DB) SetEnrolment(ctx context.Context, e approval.Enrolment) error {
	return db.guarded(ctx, func(t *tx) error {
		if err := t.stillActive(e.By); err != nil {
			return err
		}
		var out bool
		err := t.row("SELECT EXISTS (SELECT FROM account WHERE id = $1 AND state NOT IN ($2, $3))", int64(e.Account),
			int64(directory.Pending), int64(directory.Active)).Scan(&out)
		switch {
		case err != nil:
			return err
		case out:
			return stale("account of the code")
		}
		if err := t.run("UPDATE enrolment SET state = 'replaced' WHERE account = $1 AND state = 'open'", int64(e.Account)); err != nil {
			return err
		}
		return t.addCode(e)
	})
}

func (t *tx) addCode(e approval.Enrolment) error {
	return t.run("INSERT INTO enrolment (digest, account, made_by, made, expires, state, proposal) VALUES ($1, $2, $3, $4, $5, 'open', $6)",
		e.Digest[:], int64(e.Account), int64(e.By), stamp(e.Made), stamp(e.Expires), int64(e.Proposal))
}

// Enrolment finds a code that still works; whether it has expired is the stage's to say.
func (db *DB) Enrolment(ctx context.Context, digest [32]byte) (approval.Enrolment, error) {
	return db.enrolment(ctx, "digest = $1", digest[:])
}

// EnrolmentOf finds an account's code.
func (db *DB) EnrolmentOf(ctx context.Context, account cloison.AccountID) (approval.Enrolment, error) {
	return db.enrolment(ctx, "account = $1", int64(account))
}

func (db *DB) enrolment(ctx context.Context, where string, arg any) (e approval.Enrolment, err error) {
	var digest, word []byte
	err = db.get(ctx, "enrolment code", `SELECT digest, account, made_by, made, expires, proposal, witness, witnessed, word,
			EXISTS (SELECT FROM enrolment before WHERE before.account = enrolment.account AND before.state = 'used')
		FROM enrolment WHERE state = 'open' AND `+where, []any{arg},
		[]any{&digest, (*int64)(&e.Account), (*int64)(&e.By), (*moment)(&e.Made), (*moment)(&e.Expires), (*int64)(&e.Proposal),
			(*int64)(&e.Witness), (*moment)(&e.Witnessed), &word, &e.Repeat})
	if err != nil {
		return approval.Enrolment{}, err
	}
	copy(e.Digest[:], digest)
	copy(e.Word[:], word)
	return e, nil
}

// WitnessEnrolment keeps who says that the holder is there.
func (db *DB) WitnessEnrolment(ctx context.Context, e approval.Enrolment) error {
	return db.guarded(ctx, func(t *tx) error {
		if err := t.stillActive(e.Witness); err != nil {
			return err
		}
		n, err := t.exec("UPDATE enrolment SET witness = $1, witnessed = $2, word = $3 WHERE digest = $4 AND state = 'open'",
			int64(e.Witness), exact(e.Witnessed), e.Word[:], e.Digest[:])
		if err == nil && n == 0 {
			return stale("enrolment code")
		}
		return err
	})
}

// UseEnrolment spends the code and binds the account; whoever had it before has nothing left to enter with.
func (db *DB) UseEnrolment(ctx context.Context, digest [32]byte, a directory.Account) error {
	return db.guarded(ctx, func(t *tx) error {
		var witness cloison.AccountID
		err := t.row("UPDATE enrolment SET state = 'used' WHERE digest = $1 AND account = $2 AND state = 'open' RETURNING witness",
			digest[:], int64(a.ID)).Scan((*int64)(&witness))
		if none(err) {
			return cloison.Errorf(cloison.Conflict, "the enrolment code was used, replaced or cut: ask for a new one")
		}
		if err != nil {
			return err
		}
		if err := t.stillActive(witness); err != nil {
			return err
		}
		if err := t.updateAccount(a); err != nil {
			return err
		}
		if _, err := t.endSessions(a.ID, 0, "enrolled", time.Now()); err != nil {
			return err
		}
		if err := t.run("UPDATE passkey SET revoked = $1 WHERE account = $2 AND revoked IS NULL", exact(time.Now()), int64(a.ID)); err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// FailEnrolment counts wrong codes under the identity that typed them.
func (db *DB) FailEnrolment(ctx context.Context, b directory.Binding, at, since time.Time) (int, error) {
	return db.Fail(ctx, "enrolment "+strconv.Quote(b.IdP)+" "+strconv.Quote(b.Sub), at, since)
}
