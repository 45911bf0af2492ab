package imports

import (
	"context"
	"fmt"
	"slices"

	"cloison"
	"cloison/access/directory"
)

// merged reads of which structure each that was merged away is a name.
func (im *Importer) merged(ctx context.Context) (map[cloison.StructureID]cloison.StructureID, error) {
	all, err := im.store.Structures(ctx)
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
func (im *Importer) importAccounts(ctx context.Context, batch []directory.Account) (stored, error) {
	for try := 1; ; try++ {
		into, err := im.merged(ctx)
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
		refused, err := im.store.ImportAccounts(ctx, lines)
		overtaken := func(why error) bool { return why != nil && cloison.KindOf(why) == cloison.Stale }
		if err != nil || try == importTries || !slices.ContainsFunc(refused, overtaken) {
			return stored{refused, notes}, err
		}
	}
}

// importStructures leaves those alone that were merged away: their name, and what it stood for, is history, and the
// structure that they became has a line of its own.
func (im *Importer) importStructures(ctx context.Context, batch []directory.Structure) (stored, error) {
	into, err := im.merged(ctx)
	if err != nil {
		return stored{}, err
	}
	s := stored{make([]error, len(batch)), make([]string, len(batch))}
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
