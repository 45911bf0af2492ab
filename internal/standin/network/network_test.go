package network_test

import (
	"runtime"
	"testing"
	"time"

	"cloison/internal/standin/network"
)

func TestReady(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	n, err := network.New(network.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("1.6 M persons ready in %v, %d kB kept", took, kept>>10)
	if took > 2*time.Second || kept > 100<<20 {
		t.Errorf("ready in %v with %d bytes: want under 2 s and 100 MiB", took, kept)
	}
	for i := range 3 {
		t.Logf("%+v", n.Person(i*400000))
		t.Logf("%+v", n.Agent(i*400))
		t.Logf("%+v", n.Structure(i*40))
	}
	runtime.KeepAlive(n)
}
