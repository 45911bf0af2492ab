package tool_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"cloison/internal/demo/network"
	"cloison/internal/fakes/tool"
)

// BenchmarkHTTP measures requests at 1.6 million persons, over loopback HTTP from 32 connections.
func BenchmarkHTTP(b *testing.B) {
	n, err := network.New(network.Options{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(tool.New(n, tool.Options{}))
	defer server.Close()
	a, _ := n.AgentWith(3, network.Adviser)
	ids := make([]string, 1024)
	for i := range ids {
		ids[i] = "/api/dossiers/" + n.ID(i*1511)
	}
	for name, paths := range map[string][]string{
		"file": ids, "search by name": {"/api/recherche?nom=Martin&page=3"}, "search by name and commune": {"/api/recherche?nom=Martin&commune=Lille"},
		"all of a city": {"/api/recherche?commune=Lille"}, "caseload": {"/api/portefeuille?agent=" + a.Sub},
	} {
		b.Run(name, func(b *testing.B) {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
			var next atomic.Int64
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					resp, err := client.Get(server.URL + paths[int(next.Add(1))%len(paths)])
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}
