package letters

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
)

// tellTransferred writes to the directors of whoever receives a caseload, and of whoever gave it, which may be the
// same.
func (ls *Letters) onTransferred(ctx context.Context, s *draft) error {
	id, err := cloison.ParseAccountID(s.event.Detail["from"])
	if err != nil {
		return nil // a line of another program's
	}
	giver, err := ls.accounts.Account(ctx, id)
	if err != nil {
		return err
	}
	house, err := ls.accounts.Structure(ctx, giver.Structure)
	if err != nil {
		return err
	}
	f := &s.facts
	f.Maker, f.Approver, f.Giver, f.GiverStructure = "", "", plain(giver.Name), plain(cloison.Personal(house.Label))
	if f.Actor == "" {
		if err := ls.name(ctx, s.event.Actor, &f.Actor); err != nil {
			return err
		}
	}
	f.Count, _ = strconv.Atoi(s.event.Detail["persons"]) // 0: nobody
	if t, err := time.Parse(time.RFC3339, s.event.Detail["since"]); err == nil {
		f.Since = ls.render.day(t)
	}
	if err := ls.toDirectors(ctx, s, Transferred); err != nil {
		return err
	}
	s.account = giver
	return ls.toDirectors(ctx, s, Transferred)
}

// tellHold writes to all officers and DPOs: a hold that somebody lifts is not lost in silence.
func (ls *Letters) onLegalHold(ctx context.Context, s *draft, change string) error {
	s.facts.Change = change
	if err := ls.name(ctx, s.event.Actor, &s.facts.Actor); err != nil {
		return err
	}
	for _, to := range []struct {
		role directory.Role
		as   Role
	}{{directory.Officer, ToOfficer}, {directory.DPO, ToDPO}} {
		people, err := ls.addressees(ctx, s, "", to.role)
		if err != nil {
			return err
		}
		for _, a := range people {
			if err := ls.writeTo(s, LedgerHold, a, to.as); err != nil {
				return err
			}
		}
	}
	return nil
}
