package signin

import (
	"net/netip"
	"sync"
	"time"
)

const (
	throttleFor   = time.Minute
	throttleAfter = 60   // answers without a good code, from one network, within that time
	throttleKept  = 4096 // networks that are remembered
)

// throttle counts answers without a good code of the provider, by network and in this process alone. Each invented code
// makes us ask the provider, and a provider that is asked too often may stop answering. An office of hundreds behind
// one address stays far below. Its zero value is empty and ready.
type throttle struct {
	mu       sync.Mutex
	networks map[netip.Prefix]attempts
}

type attempts struct {
	since time.Time
	n     int
}

// full reports whether a network has used up its attempts.
func (t *throttle) full(network netip.Prefix, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.networks[network]
	return b.n >= throttleAfter && now.Sub(b.since).Abs() < throttleFor
}

// count counts one more. When too many networks are remembered, all are forgotten: the throttle must not fill memory.
func (t *throttle) count(network netip.Prefix, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, known := t.networks[network]
	if now.Sub(b.since).Abs() >= throttleFor {
		b = attempts{since: now}
	}
	if t.networks == nil || !known && len(t.networks) >= throttleKept {
		t.networks = map[netip.Prefix]attempts{}
	}
	b.n++
	t.networks[network] = b
}
