package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// operations answers the operator's machines: /metrics, /healthz (the process lives), /readyz (it can disclose). None
// of it names a person, an account or a structure.
func (s *Server) operations() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := s.ready(ctx); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return mux
}

// ready reports why this replica could not record a disclosure now.
func (s *Server) ready(ctx context.Context) error {
	if err := s.Store.Ping(ctx); err != nil {
		return err
	}
	gate, err := s.Store.Gate(ctx)
	if err != nil {
		return err
	}
	if behind := gate.LastAt.Sub(s.Now()); behind > 5*time.Second {
		return fmt.Errorf("this clock is %v behind the ledger", behind.Round(time.Second))
	}
	return nil
}

// registerMetrics publishes what the stages count. Names and labels are part of the operator's interface.
func (s *Server) registerMetrics() {
	counter := func(name, help string, value func() int64) {
		s.metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "cloison", Name: name, Help: help},
			func() float64 { return float64(value()) }))
	}
	gauge := func(name, help string, value func() int64) {
		s.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "cloison", Name: name, Help: help},
			func() float64 { return float64(value()) }))
	}
	counter("disclosures_total", "Persons shown: rows made durable.", func() int64 { return s.discloser.Metrics().Rows })
	counter("commits_total", "Groups of requests made durable.", func() int64 { return s.discloser.Metrics().Commits })
	counter("refusals_total", "Persons asked for and refused.", func() int64 { return s.discloser.Metrics().Refusals })
	counter("stale_total", "Decisions taken again because a fact changed.", func() int64 { return s.discloser.Metrics().Stale })
	gauge("clock_in_doubt", "1 while nothing is disclosed because the clock leapt forward.", s.discloser.ClockInDoubt)
	gauge("waiting", "Requests in the ledger's queue.", func() int64 { return int64(s.discloser.Metrics().Waiting) })
	counter("alarms_hard_total", "Hard alarms.", func() int64 { return s.watch.Counts().Hard })
	counter("alarms_soft_total", "Soft alarms.", func() int64 { return s.watch.Counts().Soft })
	counter("cuts_total", "Lineages cut.", func() int64 { return s.container.Counts().Cuts })
	counter("accounts_cut_total", "Accounts suspended by cuts.", func() int64 { return s.container.Counts().Accounts })
	counter("letters_sent_total", "E-mails that the relay took.", func() int64 { return s.letters.Counts().Sent })
	counter("letters_doubtful_total", "E-mails of which nobody knows whether the relay took them.", func() int64 { return s.letters.Counts().Doubtful })
	counter("letters_failed_total", "E-mails that were given up.", func() int64 { return s.letters.Counts().Failed })
	counter("rows_dropped_total", "Rows dropped at the end of their retention.", func() int64 { return s.keeper.Figures().Dropped })
	counter("retention_failures_total", "Looks for rows at the end of their retention that failed.", func() int64 { return s.keeper.Figures().Failures })
	gauge("oldest_row_seconds", "Time of the oldest row, in Unix seconds; 0: none.", func() int64 { return s.keeper.Figures().Oldest })
	gauge("rows_held", "1 while a hold or a cut keeps rows that have reached the end of their retention.", func() int64 { return s.keeper.Figures().Held })
	gauge("sealed_rows", "Rows under the signed checkpoint.", func() int64 { return int64(s.sealer.Stats().Size) })
}
