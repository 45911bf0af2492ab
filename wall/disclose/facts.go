package disclose

import (
	"context"
	"sync"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Directory is what a decision needs to know of accounts; *directory.Directory has it.
type Directory interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)
	// Explanations returns why the account meets whom it meets at that time; they change with the ledger's fence.
	Explanations(ctx context.Context, id cloison.AccountID,
		at time.Time) (map[cloison.PersonRef]directory.Explanation, error)
}

// facts is what the directory says of one account, read after a fence: a commit under that fence vouches for it.
type facts struct {
	fence     int64
	read      time.Time
	account   directory.Account
	structure directory.Structure
	explained map[cloison.PersonRef]directory.Explanation
}

// factCache keeps facts of accounts that are at work. Entries are immutable; the mutex guards the map alone. A reader
// may be given facts under an old fence: for a first answer that commits nothing that is good enough for a moment, and
// a commit finds it out.
type factCache struct {
	directory Directory
	mu        sync.Mutex
	entries   map[cloison.AccountID]*facts
	reading   map[cloison.AccountID]chan struct{} // closed when the one who reads is done
}

// get returns facts at the given fence, from the cache when they are fresh. Of many who ask for the same account one
// reads, for a caseload may be long; the others wait for that one, and read for themselves should it fail.
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
			return nil, cloison.Errorf(cloison.Unavailable, "the directory is slow: %w", ctx.Err())
		}
	}
}

// read loads facts, keeps them and lets the others go on.
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
	explained, err := c.directory.Explanations(ctx, id, now)
	if err != nil {
		return nil, err
	}
	return &facts{fence: fence, read: now, account: account, structure: structure, explained: explained}, nil
}

const (
	factsLife   = time.Minute // explanations that begin later than the reading are found after at most this
	maxAccounts = 8192        // with their caseloads, some hundred megabytes at most
)
