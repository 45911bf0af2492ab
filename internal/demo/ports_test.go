package demo

import (
	"net"
	"testing"
)

// TestTakenPortsAreLeftAlone: on a machine where other programs have the documented ports, on either address of localhost,
// the demo takes others.
func TestTakenPortsAreLeftAlone(t *testing.T) {
	busy := map[string]bool{}
	for _, address := range []string{"127.0.0.1:8080", "[::1]:8081"} {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", address)
		if err == nil {
			defer l.Close()
		} else if !taken(address) {
			t.Logf("%v: not tried on this machine", err)
			continue
		}
		busy[port] = true
	}
	w := &World{Ports: map[string]net.Listener{}, URLs: map[string]string{}}
	addresses, err := w.takePorts(true)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for name, address := range addresses {
		if _, port, _ := net.SplitHostPort(address); busy[port] {
			t.Errorf("%s is at %s, which another program has", name, address)
		}
		if _, err := w.HandOut(address); err != nil {
			t.Error(err)
		}
	}
	if len(w.Ports) != len(fixedPorts()) {
		t.Errorf("%d ports for %d names", len(w.Ports), len(fixedPorts()))
	}
}
