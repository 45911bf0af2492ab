package signin

import (
	"sync"
	"time"
)

// sessionCache remembers sessions for cacheLife. Its zero value is empty and ready.
type sessionCache struct {
	mu         sync.RWMutex
	entries    map[[32]byte]cached
	generation int64 // grows with each forgetting
}

type cached struct {
	session Session
	read    time.Time
}

const maxCached = 1 << 16

func (c *sessionCache) get(token [32]byte, now time.Time) (Session, int64, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.entries[token]
	return e.session, c.generation, ok && now.Sub(e.read).Abs() < cacheLife
}

// put keeps a session that was read when the generation was this one. When sessions were forgotten since, this may be
// one of them: it is not kept.
func (c *sessionCache) put(token [32]byte, s Session, read time.Time, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if c.entries == nil || len(c.entries) >= maxCached {
		c.entries = map[[32]byte]cached{}
	}
	c.entries[token] = cached{s, read}
}

// forget drops what this process remembers of sessions for which gone is true.
func (c *sessionCache) forget(gone func(Session) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for token, e := range c.entries {
		if gone(e.session) {
			delete(c.entries, token)
		}
	}
}
