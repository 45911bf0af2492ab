package tool

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"

	"cloison"
	"cloison/internal/demo/network"
)

// Ledger is what the tool served: caller, then person's id, then the categories of fields, merged over all answers.
type Ledger map[string]map[string]cloison.Fields

// account is the running ledger, by person's number to keep it small.
type account struct {
	mu      sync.Mutex
	callers map[string]map[uint32]cloison.Fields
	rows    int
}

func (a *account) add(caller string, n *network.Network, persons []int, fields cloison.Fields) {
	if len(persons) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.callers == nil {
		a.callers = make(map[string]map[uint32]cloison.Fields)
	}
	seen := a.callers[caller]
	if seen == nil {
		seen = make(map[uint32]cloison.Fields)
		a.callers[caller] = seen
	}
	for _, i := range persons {
		seen[uint32(i)] |= fields
	}
	a.rows += len(persons)
}

// caller names who asked: the subject that Cloison asserts, believed without a look at the signature since this is only
// an account; else the bearer of a token; else the address.
func caller(r *http.Request) string {
	if parts := strings.Split(r.Header.Get("Cloison-Assertion"), "."); len(parts) == 3 {
		var claims struct {
			Subject string `json:"sub"`
		}
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && json.Unmarshal(payload, &claims) == nil && claims.Subject != "" {
			return claims.Subject
		}
	}
	if v := r.Header.Get("Authorization"); v != "" {
		return v
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Served returns a copy of the account since the start or the last Reset; empty unless Options.Account.
func (t *Tool) Served() Ledger {
	t.served.mu.Lock()
	defer t.served.mu.Unlock()
	out := make(Ledger, len(t.served.callers))
	for caller, persons := range t.served.callers {
		out[caller] = make(map[string]cloison.Fields, len(persons))
		for i, fields := range persons {
			out[caller][t.network.ID(int(i))] = fields
		}
	}
	return out
}

// Persons returns each person of the ledger with the fields that anybody was served.
func (l Ledger) Persons() map[string]cloison.Fields {
	all := make(map[string]cloison.Fields)
	for _, persons := range l {
		for id, fields := range persons {
			all[id] |= fields
		}
	}
	return all
}

// ServedCount counts what Served lists, without listing it: distinct persons, and rows, a person as often as it was
// served.
func (t *Tool) ServedCount() (persons, rows int) {
	t.served.mu.Lock()
	defer t.served.mu.Unlock()
	distinct := make(map[uint32]struct{})
	for _, seen := range t.served.callers {
		if len(t.served.callers) == 1 {
			return len(seen), t.served.rows
		}
		for i := range seen {
			distinct[i] = struct{}{}
		}
	}
	return len(distinct), t.served.rows
}

// Reset forgets what was served.
func (t *Tool) Reset() {
	t.served.mu.Lock()
	defer t.served.mu.Unlock()
	t.served.callers, t.served.rows = nil, 0
}
