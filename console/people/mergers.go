package people

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/console/web"
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
	By      web.Party           `json:"by"`
	MayTake bool                `json:"-"` // the viewer may decide

	Machines []web.Party `json:"machines,omitempty"` // of one structure, which will speak for both
}

// mergersOf lists what is under way for a structure, or done.
func (h *people) mergersOf(ctx context.Context, v web.Viewer, id cloison.StructureID) ([]mergerView, error) {
	all, err := h.lifecycle.Mergers(ctx)
	views := []mergerView{}
	for _, m := range all {
		if m.Gone == id || m.Kept == id {
			view := mergerView{Merger: m.ID, Gone: m.Gone, Kept: m.Kept, Since: m.Since, State: string(m.State), By: h.Party(ctx, v, m.By)}
			if m.State == lifecycle.MergerOpen {
				_, err := h.lifecycle.MayDecideMerger(ctx, v.Caller(), m.ID, false)
				view.MayTake = err == nil
			}
			if m.State == lifecycle.MergerOpen || m.State == lifecycle.MergerApproved {
				if view.Machines, err = h.machinesOf(ctx, m); err != nil {
					return nil, err
				}
			}
			views = append(views, view)
		}
	}
	return views, err
}

// machinesOf lists the identity systems and training platforms of both structures: after the merger each speaks for both,
// and the approver approves that too.
func (h *people) machinesOf(ctx context.Context, m lifecycle.Merger) (machines []web.Party, err error) {
	for _, id := range []cloison.StructureID{m.Gone, m.Kept} {
		found, err := h.directory.FindAccounts(ctx, directory.Search{Structure: id, State: directory.Active.String(), Roles: directory.Source, Limit: web.PageLength})
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			machines = append(machines, web.PartyOf(a))
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

func (h *mergers) describeMerge(ctx context.Context, v web.Viewer, s mergeSubject) (i18n.Params, error) {
	gone, err := h.seenStructure(ctx, v, s.Gone)
	if err != nil {
		return nil, err
	}
	kept, err := h.seenStructure(ctx, v, s.Kept)
	switch {
	case cloison.KindOf(err) == cloison.NotFound:
		return nil, web.Unknown("kept")
	case err == nil:
		_, err = h.lifecycle.MayMerge(ctx, v.Caller(), s.Gone, s.Kept, s.Since)
	}
	return i18n.Params{"gone": gone.Structure.Label, "kept": kept.Structure.Label, "n": gone.Accounts(), "at": s.Since.In(h.Zone)}, err
}

func (h *mergers) merge(ctx context.Context, v web.Viewer, s mergeSubject) (web.Outcome, error) {
	m, err := h.lifecycle.ProposeMerger(ctx, v.Caller(), s.Gone, s.Kept, s.Since)
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Merger cloison.ActID `json:"merger"`
		Since  time.Time     `json:"since"`
	}{m.ID, m.Since}, Next: "/structures/" + string(s.Gone)}, nil
}

// mergeDecideSubject says yes or no to another officer's merger.
type mergeDecideSubject struct {
	Merger  cloison.ActID `json:"merger"`
	Verdict string        `json:"verdict"` // approve or refuse
}

func (h *mergers) describeMergeDecide(ctx context.Context, v web.Viewer, s mergeDecideSubject) (i18n.Params, error) {
	if s.Verdict != "approve" && s.Verdict != "refuse" {
		return nil, web.BadField("kind")
	}
	m, err := h.lifecycle.MayDecideMerger(ctx, v.Caller(), s.Merger, s.Verdict == "approve")
	if err != nil {
		return nil, err
	}
	machines, err := h.machinesOf(ctx, m)
	return i18n.Params{"variant": s.Verdict, "gone": string(m.Gone), "kept": string(m.Kept), "at": m.Since.In(h.Zone), "n": len(machines)}, err
}

func (h *mergers) mergeDecide(ctx context.Context, v web.Viewer, s mergeDecideSubject) (web.Outcome, error) {
	if err := h.lifecycle.DecideMerger(ctx, v.Caller(), s.Merger, s.Verdict == "approve"); err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Merger  cloison.ActID `json:"merger"`
		Verdict string        `json:"verdict"`
	}{s.Merger, s.Verdict}, Say: i18n.Params{"variant": s.Verdict}, Next: "/structures"}, nil
}
