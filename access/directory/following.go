package directory

import (
	"context"
	"fmt"
	"slices"

	"cloison"
)

// MergedAway says that a structure has become part of another one: what is asked for it is asked for that one. It is in
// the chain of a Conflict.
type MergedAway struct {
	From, Into cloison.StructureID
}

func (m MergedAway) Error() string {
	return fmt.Sprintf("the structure %q is part of %q now: name %q", m.From, m.Into, m.Into)
}

// Stands is nil while the structure stands for itself, else a Conflict with a [MergedAway].
func (s Structure) Stands() error {
	if s.Into == "" {
		return nil
	}
	return &cloison.Error{Kind: cloison.Conflict, Err: MergedAway{s.ID, s.Into}}
}

// standing refuses what is asked for a structure that is not there, or not any more.
func (d *Directory) standing(ctx context.Context, id cloison.StructureID) error {
	s, err := d.store.Structure(ctx, id)
	if err != nil {
		return err
	}
	return s.Stands()
}

// meanwhileMerged puts the merger in the place of a Stale that it caused.
func (d *Directory) meanwhileMerged(ctx context.Context, id cloison.StructureID, err error) error {
	if cloison.KindOf(err) != cloison.Stale {
		return err
	}
	if gone := d.standing(ctx, id); gone != nil {
		return gone
	}
	return err
}

// merged reads of which structure each that was merged away is a name.
func (d *Directory) merged(ctx context.Context) (map[cloison.StructureID]cloison.StructureID, error) {
	all, err := d.store.Structures(ctx)
	into := map[cloison.StructureID]cloison.StructureID{}
	for _, s := range all {
		if s.Into != "" {
			into[s.ID] = s.Into
		}
	}
	return into, err
}

// importTries is how often a batch is decided again when a merger comes in between.
const importTries = 3

// importAccounts stores each account in the structure that its own has become.
func (d *Directory) importAccounts(ctx context.Context, batch []Account) (stored, error) {
	for try := 1; ; try++ {
		into, err := d.merged(ctx)
		if err != nil {
			return stored{}, err
		}
		lines, notes := slices.Clone(batch), make([]string, len(batch))
		for i := range lines {
			if now := into[lines[i].Structure]; now != "" {
				notes[i] = fmt.Sprintf("%s is part of %s now: the account is there", lines[i].Structure, now)
				lines[i].Structure = now
			}
		}
		refused, err := d.store.ImportAccounts(ctx, lines)
		overtaken := func(why error) bool { return why != nil && cloison.KindOf(why) == cloison.Stale }
		if err != nil || try == importTries || !slices.ContainsFunc(refused, overtaken) {
			return stored{refused, notes}, err
		}
	}
}

// importStructures leaves those alone that were merged away: their name, and what it stood for, is history, and the
// structure that they became has a line of its own.
func (d *Directory) importStructures(ctx context.Context, batch []Structure) (stored, error) {
	into, err := d.merged(ctx)
	if err != nil {
		return stored{}, err
	}
	s := stored{make([]error, len(batch)), make([]string, len(batch))}
	lines, at := make([]Structure, 0, len(batch)), make([]int, 0, len(batch))
	for i, line := range batch {
		if now := into[line.ID]; now != "" {
			s.notes[i] = fmt.Sprintf("%s is part of %s now: the line changes nothing", line.ID, now)
			continue
		}
		lines, at = append(lines, line), append(at, i)
	}
	refused, err := d.store.ImportStructures(ctx, lines)
	for i, why := range refused {
		s.refused[at[i]] = why
	}
	return s, err
}
