package gateway

import (
	"time"

	"cloison/wall/mapping"

	"github.com/prometheus/client_golang/prometheus"
)

// verdict is how a request ended: a metric's label.
type ending string

const (
	shown             ending = "shown"          // everybody in the answer, or nobody was in it
	someWithheld      ending = "some_withheld"  //
	plainPassed       ending = "plain"          //
	denied            ending = "denied"         // by policy
	stepUp            ending = "step_up"        //
	signedOut         ending = "signed_out"     //
	badRequest        ending = "bad_request"    // unknown route, bad shape
	toolError         ending = "tool_error"     // an error status, or no answer
	answerRefused     ending = "answer_refused" //
	ledgerUnavailable ending = "closed"         // nothing could be recorded
)

// metrics count requests. No label ever holds an id: routes are the mapping's patterns.
type metrics struct {
	requests *prometheus.CounterVec   // tool, route, verdict
	refused  *prometheus.CounterVec   // tool, reason
	upstream *prometheus.HistogramVec // tool
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloison_gateway_requests_total",
			Help: "Requests of agents to a tool, by how they ended."}, []string{"tool", "route", "verdict"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloison_gateway_answers_refused_total",
			Help: "Answers of a tool that were not passed, by reason."}, []string{"tool", "reason"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "cloison_gateway_upstream_seconds",
			Help: "Time until a tool's answer was read.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 9)},
			[]string{"tool"}),
	}
	if reg == nil {
		return m
	}
	for _, c := range []prometheus.Collector{m.requests, m.refused, m.upstream} {
		if err := reg.Register(c); err != nil { // the second tool's gateway counts in the first's
			if already, ok := err.(prometheus.AlreadyRegisteredError); ok {
				m.adopt(already.ExistingCollector, c)
			}
		}
	}
	return m
}

// adopt replaces one of ours by the one that is registered already.
func (m *metrics) adopt(existing, ours prometheus.Collector) {
	switch ours {
	case m.requests:
		m.requests = existing.(*prometheus.CounterVec)
	case m.refused:
		m.refused = existing.(*prometheus.CounterVec)
	case m.upstream:
		m.upstream = existing.(*prometheus.HistogramVec)
	}
}

func (m *metrics) ended(tool, route string, v ending) {
	m.requests.WithLabelValues(tool, route, string(v)).Inc()
}

func (m *metrics) answerRefused(tool string, why mapping.FaultKind) {
	m.refused.WithLabelValues(tool, string(why)).Inc()
}

func (m *metrics) answered(tool string, took time.Duration) {
	m.upstream.WithLabelValues(tool).Observe(took.Seconds())
}
