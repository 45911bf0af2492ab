package disclose

import (
	"context"
	"sync"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
)

// Directory is what a decision needs to know of accounts. *directory.Directory implements it.
type Directory interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)
}

// Explanations is what a decision needs to know of the persons whom an account meets. *explanation.Explanations
// implements it.
type Explanations interface {
	// Explanations returns the explanations that the account has at that time, by person. Each change of them moves the
	// ledger's fence.
	Explanations(ctx context.Context, id cloison.AccountID,
		at time.Time) (map[cloison.PersonRef]explanation.Explanation, error)
}

// facts is what the directory says of one account, read after the fence was: a commit under that fence proves that it
// still holds.
type facts struct {
	fence     int64
	read      time.Time
	account   directory.Account
	structure directory.Structure
	explained map[cloison.PersonRef]explanation.Explanation
}

// factCache keeps the facts of accounts that are at work. Entries are immutable; the mutex guards the maps alone.
type factCache struct {
	directory    Directory
	explanations Explanations
	mu           sync.Mutex
	entries      map[cloison.AccountID]*facts
	reading      map[cloison.AccountID]chan struct{} // closed when the read under way ends
}

// get returns facts at the given fence, from the cache when they are fresh. A caseload may be long, so concurrent calls
// for one account share one read; when it fails, each of them reads for itself.
func (c *factCache) get(ctx context.Context, id cloison.AccountID, fence int64, now time.Time) (*facts, error) {
	for {
		c.mu.Lock()
		f := c.entries[id]
		if f != nil && f.fence == fence && now.Sub(f.read).Abs() < factsLife {
			c.mu.Unlock()
			return f, nil
		}
		other := c.reading[id]
		if other == nil {
			mine := make(chan struct{})
			c.reading[id] = mine
			c.mu.Unlock()
			return c.read(ctx, id, fence, now, mine)
		}
		c.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, cloison.Errorf(cloison.Unavailable, "read account: the directory is slow; try again later: %w", ctx.Err())
		}
	}
}

// read loads facts, caches them and releases the calls that wait for them.
func (c *factCache) read(ctx context.Context, id cloison.AccountID, fence int64, now time.Time,
	done chan struct{}) (*facts, error) {
	f, err := c.load(ctx, id, fence, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.reading, id)
	close(done)
	if err != nil {
		return nil, err
	}
	if len(c.entries) >= maxAccounts {
		clear(c.entries)
	}
	c.entries[id] = f
	return f, nil
}

func (c *factCache) load(ctx context.Context, id cloison.AccountID, fence int64, now time.Time) (*facts, error) {
	account, err := c.directory.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	structure, err := c.directory.Structure(ctx, account.Structure)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return nil, err
	}
	explained, err := c.explanations.Explanations(ctx, id, now)
	if err != nil {
		return nil, err
	}
	return &facts{fence: fence, read: now, account: account, structure: structure, explained: explained}, nil
}

const (
	factsLife   = time.Minute // an explanation that begins after the read is found at most this late
	maxAccounts = 8192        // with their caseloads, some hundred megabytes at most
)
