package shared

import (
	"context"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

const proposalColumns = `id, kind, structure, account, name, email, roles, made_by, made, session, state, decided_by, decided,
	reason, version, device, network, known_since, note`

func proposalDest(p *approval.Proposal) []any {
	return []any{(*int64)(&p.ID), (*string)(&p.Kind), (*string)(&p.Structure), (*int64)(&p.Account), (*string)(&p.Name),
		(*string)(&p.Email),
		(*uint16)(&p.Roles), (*int64)(&p.By), &p.Made, (*int64)(&p.Session), (*string)(&p.State), (*int64)(&p.DecidedBy),
		&p.Decided, &p.Reason, &p.Version, &p.From.Device, &p.From.Network,
		&p.From.Since, (*string)(&p.Note)}
}

// AddProposal counts and stores in one transaction: two at once cannot both be the last one allowed.
func (db ProposalStore) AddProposal(ctx context.Context, p approval.Proposal, since time.Time, maxMaker,
	maxStructure int) error {
	return db.Guarded(ctx, func(t Tx) error { return t.addProposal(p, since, maxMaker, maxStructure) })
}

func (t Tx) addProposal(p approval.Proposal, since time.Time, maxMaker, maxStructure int) error {
	if err := t.StillActive(p.By); err != nil {
		return err
	}
	if err := t.stillStands(p.Structure); err != nil {
		return err
	}
	var byMaker, inStructure, same int
	err := t.Row(`SELECT (SELECT count(*) FROM proposal WHERE made_by = $1 AND made >= $3),
		(SELECT count(*) FROM proposal WHERE structure = $2 AND made >= $3),
		(SELECT count(*) FROM proposal WHERE state = 'open' AND structure = $2 AND kind = $4 AND account = $5
			AND (account <> 0 OR lower(email) = lower($6)))
			+ (SELECT count(*) FROM proposal p JOIN newcomer n ON n.proposal = p.id WHERE p.state = 'open' AND p.structure = $2
				AND $4 = 'new_account' AND lower(n.email) = lower($6))`,
		int64(p.By), string(p.Structure), since, string(p.Kind), int64(p.Account), p.Email.Reveal()).
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
	err = t.Row(`SELECT s.device, s.network, p.proved FROM session s LEFT JOIN place p
		ON p.account = s.account AND p.network = s.network AND p.user_agent = s.user_agent WHERE s.id = $1`, int64(p.Session)).
		Scan(&p.From.Device, &p.From.Network, &p.From.Since)
	if err != nil && !none(err) {
		return err
	}
	return t.Run("INSERT INTO proposal ("+proposalColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $17, $18)`,
		int64(p.ID), string(p.Kind), string(p.Structure), int64(p.Account), p.Name.Reveal(), p.Email.Reveal(), int64(p.Roles),
		int64(p.By), Optional(p.Made), int64(p.Session), string(p.State), int64(p.DecidedBy), Optional(p.Decided), p.Reason,
		p.From.Device, p.From.Network, Optional(p.From.Since), p.Note.Reveal())
}

// Proposal finds a proposal by its id, with its list.
func (db ProposalStore) Proposal(ctx context.Context, id cloison.ActID) (p approval.Proposal, err error) {
	err = db.Get(ctx, "proposal", "SELECT "+proposalColumns+" FROM proposal WHERE id = $1", []any{int64(id)}, proposalDest(&p))
	if err == nil && p.Kind == approval.NewAccounts {
		p.List, err = db.newcomers(ctx, id)
	}
	return p, err
}

// Proposals lists the open ones.
func (db ProposalStore) Proposals(ctx context.Context, structure cloison.StructureID) ([]approval.Proposal, error) {
	return List(ctx, db.Engine, Into(proposalDest), "SELECT "+proposalColumns+` FROM proposal
		WHERE state = 'open' AND ($1 = '' OR structure = $1) ORDER BY made, id`, string(structure))
}

// Refused lists a maker's proposals that were refused since then.
func (db ProposalStore) Refused(ctx context.Context, maker cloison.AccountID, since time.Time, most int) ([]approval.Proposal,
	error) {
	return List(ctx, db.Engine, Into(proposalDest), "SELECT "+proposalColumns+` FROM proposal
		WHERE state = 'refused' AND made_by = $1 AND decided >= $2 ORDER BY decided DESC, id LIMIT $3`, int64(maker), since, most)
}

// ProposalsBy counts a maker's proposals.
func (db ProposalStore) ProposalsBy(ctx context.Context, maker cloison.AccountID,
	since time.Time) (map[approval.ProposalState]int, error) {
	counts := map[approval.ProposalState]int{}
	err := db.Each(ctx, "SELECT state, count(*) FROM proposal WHERE made_by = $1 AND made >= $2 GROUP BY state",
		[]any{int64(maker), since}, func(row Row) error {
			var state approval.ProposalState
			var n int
			err := row.Scan((*string)(&state), &n)
			counts[state] = n
			return err
		})
	return counts, err
}

// Approvals counts approved proposals by the pair of maker and approver.
func (db ProposalStore) Approvals(ctx context.Context, since time.Time) ([]approval.Pair, error) {
	return List(ctx, db.Engine, Into(func(p *approval.Pair) []any {
		return []any{(*int64)(&p.Maker), (*int64)(&p.Decider),
			&p.Approved}
	}),
		`SELECT made_by, decided_by, count(*) FROM proposal WHERE state = 'approved' AND decided >= $1
		GROUP BY made_by, decided_by ORDER BY count(*) DESC, made_by, decided_by`, since)
}

// DecideProposal ends a proposal, with the account that comes of it.
func (db ProposalStore) DecideProposal(ctx context.Context, p approval.Proposal, a *directory.Account) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.endProposal(p); err != nil {
			return err
		}
		if a == nil {
			return nil
		}
		there, err := t.Exists("account", int64(a.ID))
		if err != nil {
			return err
		}
		if there {
			err = t.ReplaceAccount(*a)
		} else {
			err = t.InsertAccount(*a)
		}
		if err != nil {
			return err
		}
		return t.RaiseFence()
	})
}

// endProposal moves an open proposal to what was decided.
func (t Tx) endProposal(p approval.Proposal) error {
	if err := t.Must(Stale("proposal"),
		`UPDATE proposal SET state = $1, account = $2, decided_by = $3, decided = $4, reason = $5, note = $6, version = version + 1
		WHERE id = $7 AND state = 'open' AND version = $8`, string(p.State), int64(p.Account), int64(p.DecidedBy),
		Optional(p.Decided), p.Reason, p.Note.Reveal(), int64(p.ID), p.Version); err != nil {
		return err
	}
	if p.State == approval.Approved {
		if err := t.StillActive(p.By, p.DecidedBy); err != nil {
			return err
		}
	}
	return nil
}
