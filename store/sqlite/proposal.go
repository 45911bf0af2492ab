package sqlite

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

const proposalColumns = `id, kind, structure, account, name, email, roles, made_by, made, session, state, decided_by, decided,
	reason, version, device, network, known_since, note`

func proposalDest(p *approval.Proposal) []any {
	return []any{&p.ID, &p.Kind, &p.Structure, &p.Account, &p.Name, &p.Email, &p.Roles, &p.By, (*moment)(&p.Made), &p.Session,
		&p.State, &p.DecidedBy, (*moment)(&p.Decided), &p.Reason, &p.Version, &p.From.Device, &p.From.Network, (*moment)(&p.From.Since), &p.Note}
}

// AddProposal counts and stores in one transaction: two at once cannot both be the last one allowed.
func (db *DB) AddProposal(ctx context.Context, p approval.Proposal, since time.Time, maxMaker, maxStructure int) error {
	return db.tx(ctx, func(t *tx) error { return t.addProposal(p, since, maxMaker, maxStructure) })
}

func (t *tx) addProposal(p approval.Proposal, since time.Time, maxMaker, maxStructure int) error {
	if err := t.stillActive(p.By); err != nil {
		return err
	}
	if err := t.stillStands(p.Structure); err != nil {
		return err
	}
	var byMaker, inStructure, same int
	err := t.row(`SELECT (SELECT count(*) FROM proposal WHERE made_by = ?1 AND made >= ?3),
		(SELECT count(*) FROM proposal WHERE structure = ?2 AND made >= ?3),
		(SELECT count(*) FROM proposal WHERE state = 'open' AND structure = ?2 AND kind = ?4 AND account = ?5
			AND (account <> 0 OR email = ?6 COLLATE NOCASE))
			+ (SELECT count(*) FROM proposal p JOIN newcomer n ON n.proposal = p.id WHERE p.state = 'open' AND p.structure = ?2
				AND ?4 = 'new_account' AND n.email = ?6 COLLATE NOCASE)`,
		int64(p.By), string(p.Structure), millis(since), string(p.Kind), int64(p.Account), p.Email.Reveal()).
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
	err = t.row(`SELECT s.device, s.network, coalesce(p.proved, 0) FROM session s LEFT JOIN place p
		ON p.account = s.account AND p.network = s.network AND p.user_agent = s.user_agent WHERE s.id = ?`, int64(p.Session)).
		Scan(&p.From.Device, &p.From.Network, (*moment)(&p.From.Since))
	if err != nil && !none(err) {
		return err
	}
	return t.run("INSERT INTO proposal ("+proposalColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
		int64(p.ID), string(p.Kind), string(p.Structure), int64(p.Account), p.Name.Reveal(), p.Email.Reveal(), int64(p.Roles),
		int64(p.By), millis(p.Made), int64(p.Session), string(p.State), int64(p.DecidedBy), millis(p.Decided), p.Reason,
		p.From.Device, p.From.Network, millis(p.From.Since), p.Note.Reveal())
}

// Proposal finds a proposal by its id, with its list.
func (db *DB) Proposal(ctx context.Context, id cloison.ActID) (p approval.Proposal, err error) {
	err = db.get(ctx, "proposal", "SELECT "+proposalColumns+" FROM proposal WHERE id = ?", []any{int64(id)}, proposalDest(&p))
	if err == nil && p.Kind == approval.NewAccounts {
		p.List, err = db.newcomers(ctx, id)
	}
	return p, err
}

// Proposals lists the open ones.
func (db *DB) Proposals(ctx context.Context, structure cloison.StructureID) ([]approval.Proposal, error) {
	var list []approval.Proposal
	err := db.each(ctx, "SELECT "+proposalColumns+` FROM proposal
		WHERE state = 'open' AND (?1 = '' OR structure = ?1) ORDER BY made, id`, []any{string(structure)},
		func(rows *sql.Rows) error {
			var p approval.Proposal
			err := rows.Scan(proposalDest(&p)...)
			list = append(list, p)
			return unavailable(err)
		})
	return list, err
}

// Refused lists a maker's proposals that were refused since then.
func (db *DB) Refused(ctx context.Context, maker cloison.AccountID, since time.Time, most int) (list []approval.Proposal, err error) {
	err = db.each(ctx, "SELECT "+proposalColumns+` FROM proposal WHERE state = 'refused' AND made_by = ? AND decided >= ?
		ORDER BY decided DESC, id LIMIT ?`, []any{int64(maker), millis(since), most}, func(rows *sql.Rows) error {
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
	err := db.each(ctx, "SELECT state, count(*) FROM proposal WHERE made_by = ? AND made >= ? GROUP BY state",
		[]any{int64(maker), millis(since)}, func(rows *sql.Rows) error {
			var state approval.ProposalState
			var n int
			err := rows.Scan(&state, &n)
			counts[state] = n
			return unavailable(err)
		})
	return counts, err
}

// Approvals counts who approved whose proposals.
func (db *DB) Approvals(ctx context.Context, since time.Time) (pairs []approval.Pair, err error) {
	err = db.each(ctx, `SELECT made_by, decided_by, count(*) FROM proposal WHERE state = 'approved' AND decided >= ?
		GROUP BY made_by, decided_by ORDER BY count(*) DESC, made_by, decided_by`, []any{millis(since)}, func(rows *sql.Rows) error {
		var p approval.Pair
		err := rows.Scan(&p.Maker, &p.Decider, &p.Approved)
		pairs = append(pairs, p)
		return unavailable(err)
	})
	return pairs, err
}

// DecideProposal ends a proposal, with the account that comes of it.
func (db *DB) DecideProposal(ctx context.Context, p approval.Proposal, a *directory.Account) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.endProposal(p); err != nil {
			return err
		}
		if a == nil {
			return nil
		}
		var there bool
		err := t.row("SELECT count(*) FROM account WHERE id = ?", int64(a.ID)).Scan(&there)
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
	n, err := t.exec(`UPDATE proposal SET state = ?, account = ?, decided_by = ?, decided = ?, reason = ?, note = ?, version = version + 1
		WHERE id = ? AND state = 'open' AND version = ?`, string(p.State), int64(p.Account), int64(p.DecidedBy),
		millis(p.Decided), p.Reason, p.Note.Reveal(), int64(p.ID), p.Version)
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
		err := t.row("SELECT count(*) FROM account WHERE id = ? AND state = ?", int64(id), int64(directory.Active)).Scan(&active)
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
	return db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(e.By); err != nil {
			return err
		}
		var out bool
		err := t.row("SELECT count(*) FROM account WHERE id = ? AND state NOT IN (?, ?)", int64(e.Account), int64(directory.Pending),
			int64(directory.Active)).Scan(&out)
		switch {
		case err != nil:
			return err
		case out:
			return stale("account of the code")
		}
		if err := t.run("UPDATE enrolment SET state = 'replaced' WHERE account = ? AND state = 'open'", int64(e.Account)); err != nil {
			return err
		}
		return t.addCode(e)
	})
}

func (t *tx) addCode(e approval.Enrolment) error {
	return t.run("INSERT INTO enrolment (digest, account, made_by, made, expires, state, proposal) VALUES (?, ?, ?, ?, ?, 'open', ?)",
		e.Digest[:], int64(e.Account), int64(e.By), millis(e.Made), millis(e.Expires), int64(e.Proposal))
}

// Enrolment finds a code that still works; whether it has expired is the stage's to say.
func (db *DB) Enrolment(ctx context.Context, digest [32]byte) (approval.Enrolment, error) {
	return db.enrolment(ctx, "digest = ?", digest[:])
}

// EnrolmentOf finds an account's code.
func (db *DB) EnrolmentOf(ctx context.Context, account cloison.AccountID) (approval.Enrolment, error) {
	return db.enrolment(ctx, "account = ?", int64(account))
}

func (db *DB) enrolment(ctx context.Context, where string, arg any) (e approval.Enrolment, err error) {
	var digest, word []byte
	err = db.get(ctx, "enrolment code", `SELECT digest, account, made_by, made, expires, proposal, witness, witnessed, word,
			EXISTS (SELECT 1 FROM enrolment before WHERE before.account = enrolment.account AND before.state = 'used')
		FROM enrolment WHERE state = 'open' AND `+where, []any{arg},
		[]any{&digest, &e.Account, &e.By, (*moment)(&e.Made), (*moment)(&e.Expires), &e.Proposal, &e.Witness,
			(*moment)(&e.Witnessed), &word, &e.Repeat})
	if err != nil {
		return approval.Enrolment{}, err
	}
	copy(e.Digest[:], digest)
	copy(e.Word[:], word)
	return e, nil
}

// WitnessEnrolment keeps who says that the holder is there.
func (db *DB) WitnessEnrolment(ctx context.Context, e approval.Enrolment) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(e.Witness); err != nil {
			return err
		}
		n, err := t.exec("UPDATE enrolment SET witness = ?, witnessed = ?, word = ? WHERE digest = ? AND state = 'open'",
			int64(e.Witness), millis(e.Witnessed), e.Word[:], e.Digest[:])
		if err == nil && n == 0 {
			return stale("enrolment code")
		}
		return err
	})
}

// UseEnrolment spends the code and binds the account; whoever had it before has nothing left to enter with.
func (db *DB) UseEnrolment(ctx context.Context, digest [32]byte, a directory.Account) error {
	return db.tx(ctx, func(t *tx) error {
		var witness cloison.AccountID
		err := t.row("UPDATE enrolment SET state = 'used' WHERE digest = ? AND account = ? AND state = 'open' RETURNING witness",
			digest[:], int64(a.ID)).Scan(&witness)
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
		if err := t.run("UPDATE passkey SET revoked = ? WHERE account = ? AND revoked = 0", millis(time.Now()), int64(a.ID)); err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// FailEnrolment counts wrong codes under the identity that typed them.
func (db *DB) FailEnrolment(ctx context.Context, b directory.Binding, at, since time.Time) (int, error) {
	return db.Fail(ctx, "enrolment "+strconv.Quote(b.IdP)+" "+strconv.Quote(b.Sub), at, since)
}
