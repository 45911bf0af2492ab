package console

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// Merge and MergeDecide are the verbs of the two officers who make one structure of two.
const (
	Merge       signin.Verb = "merge"
	MergeDecide signin.Verb = "merge_decide"
)

// mergerView is a merger on the page of one of its structures.
type mergerView struct {
	Merger  cloison.ActID       `json:"merger"`
	Gone    cloison.StructureID `json:"gone"`
	Kept    cloison.StructureID `json:"kept"`
	Since   time.Time           `json:"since"`
	State   string              `json:"state"`
	By      party               `json:"by"`
	MayTake bool                `json:"-"` // the viewer may decide

	Machines []party `json:"machines,omitempty"` // of one structure, which will speak for both
}

// mergersOf lists what is under way for a structure, or done.
func (c *Console) mergersOf(ctx context.Context, v viewer, id cloison.StructureID) ([]mergerView, error) {
	all, err := c.Tenure.Mergers(ctx)
	views := []mergerView{}
	for _, m := range all {
		if m.Gone == id || m.Kept == id {
			view := mergerView{Merger: m.ID, Gone: m.Gone, Kept: m.Kept, Since: m.Since, State: string(m.State), By: c.party(ctx, v, m.By),
				MayTake: m.State == lifecycle.MergerOpen && v.has(directory.Officer) && m.By != v.account.ID}
			if m.State == lifecycle.MergerOpen || m.State == lifecycle.MergerApproved {
				if view.Machines, err = c.machinesOf(ctx, m); err != nil {
					return nil, err
				}
			}
			views = append(views, view)
		}
	}
	return views, err
}

// machinesOf lists the identity systems and training platforms of both structures: after the merger each speaks for all
// of it, and whoever approves approves that.
func (c *Console) machinesOf(ctx context.Context, m lifecycle.Merger) (machines []party, err error) {
	for _, id := range []cloison.StructureID{m.Gone, m.Kept} {
		found, err := c.Store.FindAccounts(ctx, directory.Search{Structure: id, State: directory.Active.String(), Roles: directory.Source, Limit: pageLength})
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			machines = append(machines, partyOf(a))
		}
	}
	return machines, nil
}

// mergeSubject asks that one structure joins another on a day.
type mergeSubject struct {
	Gone  cloison.StructureID `json:"gone"`
	Kept  cloison.StructureID `json:"kept"`
	Since time.Time           `json:"since"`
}

func (c *Console) aboutMerge(ctx context.Context, v viewer, s mergeSubject) (i18n.Params, error) {
	gone, err := c.seenStructure(ctx, v, s.Gone)
	if err != nil {
		return nil, err
	}
	kept, err := c.seenStructure(ctx, v, s.Kept)
	switch {
	case cloison.KindOf(err) == cloison.NotFound:
		return nil, unknown("kept")
	case err != nil:
		return nil, err
	case s.Gone == s.Kept:
		return nil, badField("kept")
	case s.Since.Before(c.Now().AddDate(0, 0, -1)):
		return nil, badField("since")
	}
	return i18n.Params{"gone": gone.Structure.Label, "kept": kept.Structure.Label, "n": gone.Accounts(), "at": s.Since.In(c.Gauge.Zone)},
		directory.Allow(directory.ToMerge, v.account, directory.Account{})
}

func (c *Console) merge(ctx context.Context, v viewer, s mergeSubject) (outcome, error) {
	m, err := c.Tenure.ProposeMerger(ctx, v.caller(), s.Gone, s.Kept, s.Since)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Merger cloison.ActID `json:"merger"`
		Since  time.Time     `json:"since"`
	}{m.ID, m.Since}, next: "/structures/" + string(s.Gone)}, nil
}

// mergeDecideSubject says yes or no to another officer's merger.
type mergeDecideSubject struct {
	Merger  cloison.ActID `json:"merger"`
	Verdict string        `json:"verdict"` // approve or refuse
}

func (c *Console) aboutMergeDecide(ctx context.Context, v viewer, s mergeDecideSubject) (i18n.Params, error) {
	if s.Verdict != "approve" && s.Verdict != "refuse" {
		return nil, badField("kind")
	}
	all, err := c.Tenure.Mergers(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		switch {
		case m.ID != s.Merger:
		case m.State != lifecycle.MergerOpen:
			return nil, refuse(cloison.Conflict, "conflict")
		case m.By == v.account.ID:
			return nil, refuse(cloison.Denied, string(directory.OwnProposal))
		default:
			machines, err := c.machinesOf(ctx, m)
			return i18n.Params{"variant": s.Verdict, "gone": string(m.Gone), "kept": string(m.Kept), "at": m.Since.In(c.Gauge.Zone), "n": len(machines)}, err
		}
	}
	return nil, notFound()
}

func (c *Console) mergeDecide(ctx context.Context, v viewer, s mergeDecideSubject) (outcome, error) {
	if err := c.Tenure.DecideMerger(ctx, v.caller(), s.Merger, s.Verdict == "approve"); err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Merger  cloison.ActID `json:"merger"`
		Verdict string        `json:"verdict"`
	}{s.Merger, s.Verdict}, say: i18n.Params{"variant": s.Verdict}, next: "/structures"}, nil
}
