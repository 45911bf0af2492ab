package journal

import (
	"context"
	"log/slog"
	"time"

	"cloison"
)

// Event is one line: append-only, numbered by the store, without personal data.
type Event struct {
	Seq     int64
	At      time.Time
	Code    string            // stable: account.proposed, account.approved, passkey.enrolled, session.opened…
	Actor   cloison.AccountID // zero: the operator or the system
	Account cloison.AccountID // whom it is about
	Session cloison.SessionID
	Act     cloison.ActID
	Detail  map[string]string // small, no personal data
}

// Search says which events a list shows, the newest first. The zero value is all of them.
type Search struct {
	Account cloison.AccountID // who did it, or whom it is about; zero: anybody
	Code    string            // "" is every code
	Since   time.Time         // since ≤ at < until; zero: open
	Until   time.Time
	Before  int64 // the list goes on below this number; 0: from the newest
	Limit   int
}

// Writer appends; every stage's store is one. The line is durable when AddEvent returns nil.
type Writer interface {
	AddEvent(ctx context.Context, e Event) error
}

// Record appends the line of an act that is durable already. The act cannot be taken back when the line fails, and the
// end of the caller's request must not lose it: so the failure is logged with what the line would have said.
func Record(ctx context.Context, w Writer, log *slog.Logger, e Event) {
	if err := w.AddEvent(context.WithoutCancel(ctx), e); err != nil {
		log.ErrorContext(ctx, "journal line lost", "code", e.Code, "actor", e.Actor.String(), "account", e.Account.String(),
			"act", e.Act.String(), "err", err)
	}
}
