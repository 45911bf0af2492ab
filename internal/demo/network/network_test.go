package network_test

import (
	"runtime"
	"testing"

	"cloison/internal/demo/network"
)

// TestReadyIsSmall: a network of 1.6 M persons is drawn when it is asked for, not kept.
func TestReadyIsSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, err := network.New(network.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 100<<20 {
		t.Errorf("%d bytes are kept: want under 100 MiB", kept)
	}
	runtime.KeepAlive(n)
}

// BenchmarkReady is the time until the whole network can be asked.
func BenchmarkReady(b *testing.B) {
	for b.Loop() {
		if _, err := network.New(network.Options{Seed: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
