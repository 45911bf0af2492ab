package register

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/journal"
)

// TraceWindow is how far back one trace reads: no index is kept by person.
const TraceWindow = 92 * 24 * time.Hour

// traceRows is the most rows that one trace shows.
const traceRows = 500

// Question is the person that a trace asks about, as the tool numbers them, and a time. A zero Until is now; a zero
// Since is [TraceWindow] before Until.
type Question struct {
	Person cloison.PersonRef
	Since  time.Time
	Until  time.Time
}

// window fills in the open ends and checks the question.
func (q Question) window(now time.Time) (Question, error) {
	if q.Until.IsZero() {
		q.Until = now.Add(time.Minute)
	}
	if q.Since.IsZero() {
		q.Since = q.Until.Add(-TraceWindow)
	}
	bad := cloison.BadField("")
	switch {
	case q.Person == "" || len(q.Person) > 200:
		bad = "person"
	case !q.Since.Before(q.Until), q.Until.Sub(q.Since) > TraceWindow+time.Hour: // summer time
		bad = "until"
	default:
		return q, nil
	}
	return q, cloison.InvalidField(bad, "want a person's number and at most %d days", TraceWindow/(24*time.Hour))
}

// MayTrace checks the question and says whether the caller may ask it: nil, or Denied with its reason. It returns the
// question with its window filled in.
func (r *Register) MayTrace(ctx context.Context, by cloison.Caller, q Question) (Question, error) {
	q, err := q.window(r.now())
	if err == nil {
		err = r.authority.MayTrace(ctx, by)
	}
	return q, err
}

// Trace is who was shown one person, the newest first.
type Trace struct {
	Question
	Rows []ledger.Row // without nonces
	More bool         // there are more rows than these
}

// Trace looks for everybody who was shown a person. The journal has the trace, with the numbers of the rows that it
// shows but not the person's, before the rows are returned.
func (r *Register) Trace(ctx context.Context, by cloison.Caller, q Question) (Trace, error) {
	q, err := r.MayTrace(ctx, by, q)
	if err != nil {
		return Trace{}, err
	}
	t := Trace{Question: q}
	if t.Rows, err = r.store.RowsAbout(ctx, q.Person, q.Since, q.Until, traceRows+1); err != nil {
		return Trace{}, err
	}
	if len(t.Rows) > traceRows {
		t.More, t.Rows = true, t.Rows[:traceRows]
	}
	n := len(t.Rows)
	detail := map[string]string{"rows": strconv.Itoa(n), "since": stamp(q.Since), "until": stamp(q.Until)}
	if n > 0 {
		detail["newest"], detail["oldest"] = strconv.FormatInt(t.Rows[0].Seq, 10), strconv.FormatInt(t.Rows[n-1].Seq, 10)
	}
	if err := r.record(ctx, by, journal.Event{Code: "person.traced", Detail: detail}); err != nil {
		return Trace{}, err
	}
	return t, nil
}

// stamp writes a time as the journal keeps it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
