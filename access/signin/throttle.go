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

// throttle counts answers that came without a good code of the provider, by network and in this process alone. Whoever
// invents codes makes us ask the provider about each, and a provider that is asked too much may answer nobody. An
// office of hundreds behind one address stays far below. Its zero value is empty and ready.
type throttle struct {
	mu       sync.Mutex
	networks map[netip.Prefix]bad
}

type bad struct {
	since time.Time
	n     int
}

// full reports whether a network has had its share.
func (t *throttle) full(network netip.Prefix, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.networks[network]
	return b.n >= throttleAfter && now.Sub(b.since).Abs() < throttleFor
}

// count counts one more. When too many networks are remembered, all are forgotten: better too little than too much.
func (t *throttle) count(network netip.Prefix, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, known := t.networks[network]
	if now.Sub(b.since).Abs() >= throttleFor {
		b = bad{since: now}
	}
	if t.networks == nil || !known && len(t.networks) >= throttleKept {
		t.networks = map[netip.Prefix]bad{}
	}
	b.n++
	t.networks[network] = b
}
