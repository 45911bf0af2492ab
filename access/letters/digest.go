package letters

import (
	"context"
	"fmt"
	"time"

	"cloison"
	"cloison/access/directory"
)

// holdBack limits the letters of one kind to one account within an hour: the first ones go out, the rest waits for the
// digest. One kind does not hold back another: a flood of sign-ins buries no copied passkey.
func (ls *Letters) holdBack(ctx context.Context, letters []Letter) ([]Letter, error) {
	type recipient struct {
		to   cloison.AccountID
		kind Kind
	}
	made := map[recipient]int{}
	for i := range letters {
		s := recipient{letters[i].To, letters[i].Kind}
		n, known := made[s]
		if !known {
			var err error
			if n, err = ls.store.Recent(ctx, s.to, s.kind, ls.now().Add(-time.Hour)); err != nil {
				return nil, err
			}
		}
		if n >= ls.settings.PerHour {
			letters[i].State = Held
		} else {
			n++
		}
		made[s] = n
	}
	return letters, nil
}

// longestDigest is how many lines a digest has at most.
const longestDigest = 200

// writeDigests writes to each account one digest of its held letters, once the oldest of them has waited for an hour.
func (ls *Letters) writeDigests(ctx context.Context) error {
	held, err := ls.store.HeldLetters(ctx, 10*longestDigest)
	if err != nil {
		return err
	}
	for len(held) > 0 {
		n := 1
		oldest := held[0].Made
		for n < len(held) && n < longestDigest && held[n].To == held[0].To {
			if held[n].Made.Before(oldest) {
				oldest = held[n].Made
			}
			n++
		}
		if ls.now().Sub(oldest) >= time.Hour {
			if err := ls.writeDigest(ctx, held[:n]); err != nil && cloison.KindOf(err) != cloison.Stale {
				return err
			}
		}
		held = held[n:]
	}
	return nil
}

// writeDigest folds letters to one account into one.
func (ls *Letters) writeDigest(ctx context.Context, letters []Letter) error {
	f, ids := facts{Count: len(letters)}, make([]int64, 0, len(letters))
	for _, l := range letters {
		f.Lines = append(f.Lines, ls.render.when(l.Made)+" – "+l.Subject)
		ids = append(ids, l.ID)
	}
	to := directory.Account{ID: letters[0].To, Email: letters[0].Address}
	digest, err := ls.letter(fmt.Sprintf("digest:%d", ids[0]), Digest, to, letters[0].As, f)
	if err != nil {
		return err
	}
	digest.Weight = letters[0].Weight
	return ls.store.Fold(ctx, digest, ids)
}
