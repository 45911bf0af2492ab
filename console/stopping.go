package console

import (
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/internal/i18n"
)

// Reasons are codes of the catalogue (reason.CODE): the journal holds no free text about a person.
func suspendReasons() []string { return []string{"suspicion", "lost_key", "left", "mistake", "other"} }
func containReasons() []string { return []string{"suspicion", "hijack", "complaint", "other"} }
func refuseReasons() []string {
	return []string{"unknown_person", "not_asked", "wrong_role", "duplicate", "other"}
}

func (c *Console) isReason(of []string, code string) bool { return slices.Contains(of, code) }

// suspendSubject stops one account.
type suspendSubject struct {
	Account cloison.AccountID `json:"account"`
	Reason  string            `json:"reason"`
}

func (c *Console) aboutSuspend(ctx context.Context, v viewer, s suspendSubject) (i18n.Params, error) {
	a, err := c.seen(ctx, v, s.Account)
	switch {
	case err != nil:
		return nil, err
	case !c.isReason(suspendReasons(), s.Reason):
		return nil, badField("reason")
	}
	if err := directory.Allow(directory.ToSuspend, v.account, a); err != nil {
		return nil, err
	}
	if a.State != directory.Active && a.State != directory.Pending {
		return nil, refuse(cloison.Conflict, "conflict")
	}
	p := i18n.Params{"name": a.Name.Reveal(), "structure": string(a.Structure)}
	if a.ID == v.account.ID {
		p["variant"] = "self"
	}
	return p, nil
}

func (c *Console) suspend(ctx context.Context, v viewer, s suspendSubject) (outcome, error) {
	if err := c.Directory.Suspend(ctx, v.caller(), s.Account, s.Reason); err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Account cloison.AccountID `json:"account"`
		State   string            `json:"state"`
	}{s.Account, directory.Suspended.String()}, next: "/habilitations/" + s.Account.String()}, nil
}

// containSubject cuts an account's lineage since a presumed compromise; without one, the container's look-back.
type containSubject struct {
	Account cloison.AccountID `json:"account"`
	Since   time.Time         `json:"since,omitzero"`
	Reason  string            `json:"reason"`
}

// plan previews the cut for a viewer, who must be allowed to cut the whole of it.
func (c *Console) plan(ctx context.Context, v viewer, account cloison.AccountID, since time.Time) (contain.Plan, error) {
	if _, err := c.seen(ctx, v, account); err != nil {
		return contain.Plan{}, err
	}
	p, err := c.Container.Preview(ctx, account, since)
	if err != nil {
		return p, err
	}
	for _, b := range p.Accounts {
		if err := directory.Allow(directory.ToContain, v.account, b.Account); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (c *Console) aboutContain(ctx context.Context, v viewer, s containSubject) (i18n.Params, error) {
	p, err := c.plan(ctx, v, s.Account, s.Since)
	switch {
	case err != nil:
		return nil, err
	case !c.isReason(containReasons(), s.Reason):
		return nil, badField("reason")
	}
	return i18n.Params{"name": p.Accounts[0].Account.Name.Reveal(), "n": len(p.Accounts), "sessions": len(p.Sessions),
		"proposals": len(p.Proposals), "since": p.Since.In(c.Gauge.Zone)}, nil
}

func (c *Console) contain(ctx context.Context, v viewer, s containSubject) (outcome, error) {
	cut, err := c.Container.Cut(ctx, v.caller(), s.Account, s.Since, s.Reason)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: c.cutView(ctx, v, cut), say: i18n.Params{"n": cut.Effect.Accounts}, next: "/confinements"}, nil
}

// undoSubject gives back what a cut took.
type undoSubject struct {
	Cut cloison.ActID `json:"cut"`
}

// seenCut returns a cut that the viewer may know of.
func (c *Console) seenCut(ctx context.Context, v viewer, id cloison.ActID) (contain.Cut, error) {
	if id == 0 {
		return contain.Cut{}, notFound()
	}
	cut, err := c.Store.CutByID(ctx, id)
	if err != nil {
		if cloison.KindOf(err) == cloison.NotFound {
			return cut, notFound()
		}
		return cut, err
	}
	if _, err := c.seen(ctx, v, cut.Root); err != nil {
		return contain.Cut{}, err
	}
	return cut, nil
}

func (c *Console) aboutUndo(ctx context.Context, v viewer, s undoSubject) (i18n.Params, error) {
	cut, err := c.seenCut(ctx, v, s.Cut)
	switch {
	case err != nil:
		return nil, err
	case !cut.Undone.IsZero(), cut.UndoAsk == v.account.ID:
		return nil, refuse(cloison.Conflict, "conflict")
	}
	for _, a := range cut.Accounts {
		if err := directory.Allow(directory.ToUndo, v.account, directory.Account{ID: a}); err != nil {
			return nil, err
		}
	}
	variant := "first"
	if cut.UndoAsk != 0 {
		variant = "second"
	}
	return i18n.Params{"variant": variant, "n": len(cut.Accounts), "at": cut.At.In(c.Gauge.Zone)}, nil
}

func (c *Console) undo(ctx context.Context, v viewer, s undoSubject) (outcome, error) {
	done, err := c.Container.Undo(ctx, v.caller(), s.Cut)
	if err != nil {
		return outcome{}, err
	}
	variant := "first"
	if done {
		variant = "second"
	}
	return outcome{result: struct {
		Cut  cloison.ActID `json:"cut"`
		Done bool          `json:"done"` // false: a second officer must ask as well
	}{s.Cut, done}, say: i18n.Params{"variant": variant}, next: "/confinements"}, nil
}

// coverSubject says that For meets Of's caseload for a time.
type coverSubject struct {
	For   cloison.AccountID `json:"for"`
	Of    cloison.AccountID `json:"of"`
	Since time.Time         `json:"since,omitzero"`
	Until time.Time         `json:"until"`
}

// colleague reports whether an account is of the viewer's own structure: colleagues know each other.
func (v viewer) colleague(a directory.Account) bool { return a.Structure == v.account.Structure }

func (c *Console) aboutCover(ctx context.Context, v viewer, s coverSubject) (i18n.Params, error) {
	covering, err := c.seenBy(ctx, s.For, v.colleague)
	if err != nil {
		return nil, err
	}
	absent, err := c.seenBy(ctx, s.Of, v.colleague)
	switch {
	case err != nil:
		return nil, err
	case covering.ID == absent.ID:
		return nil, badField("for")
	case !c.lasts(s.Since, s.Until, c.Directory.Settings().LongestCover):
		return nil, badField("until")
	}
	return i18n.Params{"for": covering.Name.Reveal(), "of": absent.Name.Reveal(), "until": s.Until.In(c.Gauge.Zone)},
		directory.MayCover(v.account, covering, absent, c.Now())
}

// lasts reports whether a time ends after it begins, which is now at the earliest, and is not too long.
func (c *Console) lasts(since, until time.Time, longest time.Duration) bool {
	since = later(c.Now(), since)
	return until.After(since) && until.Sub(since) <= longest
}

func (c *Console) cover(ctx context.Context, v viewer, s coverSubject) (outcome, error) {
	d, err := c.Directory.DeclareCover(ctx, v.caller(), directory.CoverAsk{For: s.For, Of: s.Of, Since: s.Since, Until: s.Until})
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Cover cloison.ActID `json:"cover"`
		Since time.Time     `json:"since"`
		Until time.Time     `json:"until"`
	}{d.ID, d.Since, d.Until}, say: i18n.Params{"until": d.Until.In(c.Gauge.Zone)}, next: "/remplacements"}, nil
}
