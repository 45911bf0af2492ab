package figures

import (
	"os"
	"path/filepath"
	"testing"
)

// gateway measures the gateway beside a bare reverse proxy and oauth2-proxy, on one upstream, with one load.
func (b *bench) gateway(t *testing.T) {
	rate := atLeast("gateway, 32 connections, durable and masked, over bare ReverseProxy", 0.5, "×")
	over := atLeast("gateway, 32 connections, durable and masked, over oauth2-proxy", 3, "×")
	added := atMost("gateway, 1 connection: p50 added to bare ReverseProxy", 3, "syncs")
	b.add(rate, over, added)
	b.progress("gateway")
	s := b.beginServers(t)
	var answers, turn int
	ask := func(to address, masked bool, connections int) loaded {
		o := loadOptions{Address: to.Address, Host: hostName, Cookies: to.Cookies, Connections: connections,
			Slice:    b.slice,
			Caseload: b.caseload, From: turn, Masked: masked}
		if len(o.Cookies) == 0 {
			o.Cookies = s.gateway.Cookies // the same request to all
		}
		l := load(t, o)
		if masked {
			answers += l.Answers
			turn += l.Answers/max(1, min(b.agents, connections)) + 50 // roughly the next persons: new ones for everybody
		}
		return l
	}
	ask(s.bare, false, b.connections) // warm
	ask(s.gateway, true, b.connections)
	many := b.repeat("32 connections", func(int) (sample, float64) {
		before := ask(s.bare, false, b.connections)
		used := processorTime(t, s.gatewayPID)
		ours := ask(s.gateway, true, b.connections)
		used = processorTime(t, s.gatewayPID) - used
		m := sample{"gateway req/s": ours.Rate, "gateway p50 µs": ours.P50, "gateway p99 µs": ours.P99,
			"gateway CPU µs": micros(used) / float64(ours.Answers)}
		if s.peer != nil {
			used = processorTime(t, s.peer.pid)
			peer := ask(s.peer.address, false, b.connections)
			used = processorTime(t, s.peer.pid) - used
			m["oauth2-proxy CPU µs"] = micros(used) / float64(peer.Answers)
			m["oauth2-proxy req/s"], m["over peer"] = peer.Rate, ours.Rate/peer.Rate
		}
		used = processorTime(t, s.barePID)
		after := ask(s.bare, false, b.connections)
		used = processorTime(t, s.barePID) - used
		m["bare CPU µs"] = micros(used) / float64(after.Answers)
		m["bare req/s"], m["bare p50 µs"] = (before.Rate+after.Rate)/2, (before.P50+after.P50)/2
		m["over bare"] = ours.Rate / m["bare req/s"]
		return m, drift(before.Rate, after.Rate)
	})
	one := b.repeat("1 connection", func(int) (sample, float64) {
		floor := syncTime(t, b.scratch)
		before, ours, after := ask(s.bare, false, 1), ask(s.gateway, true, 1), ask(s.bare, false, 1)
		again := syncTime(t, b.scratch)
		m := sample{"sync µs": (floor + again) / 2, "bare p50 µs": (before.P50 + after.P50) / 2,
			"gateway p50 µs": ours.P50}
		m["added"] = (m["gateway p50 µs"] - m["bare p50 µs"]) / m["sync µs"]
		return m, max(drift(floor, again), drift(before.P50, after.P50))
	})
	var ledger ledgerReport
	s.gatewayChild.end(true, &ledger)
	if ledger.Rows != answers || ledger.Requests != answers {
		t.Fatalf("%d answers left, but the ledger has %d rows of %d requests", answers, ledger.Rows, ledger.Requests)
	}
	rate.measured(pick(many, "over bare"))
	for _, name := range []string{"gateway req/s", "bare req/s", "gateway p50 µs", "bare p50 µs", "gateway p99 µs",
		"gateway CPU µs", "bare CPU µs"} {
		rate.beside(name, pick(many, name))
	}
	rate.beside("rows in the ledger = answers", []float64{float64(answers)}).beside("distinct persons",
		[]float64{float64(ledger.Meetings)})
	over.measured(pick(many, "over peer")).beside("oauth2-proxy req/s", pick(many, "oauth2-proxy req/s")).
		beside("oauth2-proxy CPU µs", pick(many, "oauth2-proxy CPU µs"))
	over.Skipped = s.noPeer
	added.measured(pick(one, "added"))
	for _, name := range []string{"sync µs", "bare p50 µs", "gateway p50 µs"} {
		added.beside(name, pick(one, name))
	}
}

// servers are who is compared.
type servers struct {
	bare, gateway       address
	barePID, gatewayPID int
	gatewayChild        *child
	peer                *peer
	noPeer              string // why there is none
}

func (b *bench) beginServers(t *testing.T) *servers {
	s := &servers{noPeer: "not asked for"}
	var tool address
	begin(t, "upstream", struct{}{}, &tool)
	s.barePID = begin(t, "bare", bareOptions{tool.Address}, &s.bare).cmd.Process.Pid
	if b.size.peer {
		s.noPeer = ""
		var err error
		if s.peer, err = b.beginPeer(t, tool.Address); err != nil {
			s.noPeer = err.Error()
			b.progress("  %v", err)
		}
	}
	dir := filepath.Join(b.scratch, "gateway")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.gatewayChild = begin(t, "gateway", gatewayOptions{tool.Address, dir, b.agents, b.caseload}, &s.gateway)
	s.gatewayPID = s.gatewayChild.cmd.Process.Pid
	return s
}
