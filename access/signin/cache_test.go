package signin

import (
	"testing"
	"time"
)

// TestTheCacheKeepsNothingRevoked: a session that was read before something was forgotten may be what was forgotten.
func TestTheCacheKeepsNothingRevoked(t *testing.T) {
	var c sessionCache
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	token := [32]byte{1}
	_, generation, _ := c.get(token, now)
	c.forget(func(s Session) bool { return s.ID == 7 }) // while the store was being read
	c.put(token, Session{ID: 7}, now, generation)
	if _, _, ok := c.get(token, now); ok {
		t.Error("it came back")
	}
	_, generation, _ = c.get(token, now)
	c.put(token, Session{ID: 8}, now, generation)
	if s, _, ok := c.get(token, now); !ok || s.ID != 8 {
		t.Error("it was not kept")
	}
	for _, d := range []time.Duration{cacheLife, -cacheLife} {
		if _, _, ok := c.get(token, now.Add(d)); ok {
			t.Errorf("it is kept at %s", d)
		}
	}
	c.forget(func(s Session) bool { return s.ID == 7 })
	if _, _, ok := c.get(token, now); !ok {
		t.Error("another's revocation took it")
	}
}

// TestTheCacheIsBounded: many sessions do not fill the memory.
func TestTheCacheIsBounded(t *testing.T) {
	var c sessionCache
	for i := range maxCached + 10 {
		c.put([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, Session{}, time.Time{}, 0)
	}
	if len(c.entries) > maxCached {
		t.Errorf("%d entries", len(c.entries))
	}
}
