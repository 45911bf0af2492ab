package gateway

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cloison/wall/mapping"
)

// ending is how a request ended, the label "verdict" of a metric. An empty one means that the request goes on.
type ending string

const (
	shown             ending = "shown"          // every person of the answer, or there was none
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

// metrics counts requests. No label holds an id: a route is a pattern of the mapping.
type metrics struct {
	requests *prometheus.CounterVec   // tool, route, verdict
	refused  *prometheus.CounterVec   // tool, reason
	upstream *prometheus.HistogramVec // tool
}

func newMetrics(reg prometheus.Registerer) *metrics {
	return &metrics{
		requests: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloison_gateway_requests_total",
			Help: "Requests of agents to a tool, by how they ended."}, []string{"tool", "route", "verdict"})),
		refused: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cloison_gateway_answers_refused_total",
			Help: "Answers of a tool that were not passed, by reason."}, []string{"tool", "reason"})),
		upstream: register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "cloison_gateway_upstream_seconds",
			Help: "Time until a tool's answer was read.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 9)},
			[]string{"tool"})),
	}
}

// register registers a collector, and returns the one that counts: the gateways of several tools share theirs.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](reg.Register(c)); ok {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing
		}
	}
	return c
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
