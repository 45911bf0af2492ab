package imports

import (
	"context"
	"fmt"
	"slices"

	"cloison"
	"cloison/access/directory"
)

// mergedStructures returns, of each structure that was merged away, what it is part of now.
func (im *Importer) mergedStructures(ctx context.Context) (map[cloison.StructureID]cloison.StructureID, error) {
	all, err := im.store.Structures(ctx)
	into := map[cloison.StructureID]cloison.StructureID{}
	for _, s := range all {
		if s.Into != "" {
			into[s.ID] = s.Into
		}
	}
	return into, err
}

// importTries is how often a batch is tried again when a merger commits in between.
const importTries = 3

// importAccounts stores each account in the structure that its own is part of now.
func (im *Importer) importAccounts(ctx context.Context, batch []directory.Account) (outcome, error) {
	for try := 1; ; try++ {
		into, err := im.mergedStructures(ctx)
		if err != nil {
			return outcome{}, err
		}
		lines, notes := slices.Clone(batch), make([]string, len(batch))
		for i := range lines {
			if now := into[lines[i].Structure]; now != "" {
				notes[i] = fmt.Sprintf("%s is part of %s now: the account is there", lines[i].Structure, now)
				lines[i].Structure = now
			}
		}
		refused, err := im.store.ImportAccounts(ctx, lines)
		overtaken := func(why error) bool { return why != nil && cloison.KindOf(why) == cloison.Stale }
		if err != nil || try == importTries || !slices.ContainsFunc(refused, overtaken) {
			return outcome{refused, notes}, err
		}
	}
}

// importStructures skips the structures that were merged away: what they are part of now has a line of its own.
func (im *Importer) importStructures(ctx context.Context, batch []directory.Structure) (outcome, error) {
	into, err := im.mergedStructures(ctx)
	if err != nil {
		return outcome{}, err
	}
	s := outcome{make([]error, len(batch)), make([]string, len(batch))}
	lines, at := make([]directory.Structure, 0, len(batch)), make([]int, 0, len(batch))
	for i, line := range batch {
		if now := into[line.ID]; now != "" {
			s.notes[i] = fmt.Sprintf("%s is part of %s now: the line changes nothing", line.ID, now)
			continue
		}
		lines, at = append(lines, line), append(at, i)
	}
	refused, err := im.store.ImportStructures(ctx, lines)
	for i, why := range refused {
		s.refused[at[i]] = why
	}
	return s, err
}
