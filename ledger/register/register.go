package register

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/journal"
)

// Log is where the transparency log is: its directory, which may not be there yet, and its public key.
type Log struct {
	Dir string
	Key note.Verifier
}

// Register is the stage. Its methods may be called from many goroutines. Verifications run in Run.
type Register struct {
	store     Store
	authority Authority
	files     Log
	log       *slog.Logger
	now       func() time.Time
	verifier  verifier
}

// New returns the stage on that store and log.
func New(store Store, authority Authority, files Log, log *slog.Logger, now func() time.Time) *Register {
	return &Register{store: store, authority: authority, files: files, log: log,
		now:      cloison.Clock(now),
		verifier: verifier{requested: make(chan *run, 1)}}
}

// Search says which rows a page lists: of an account, of a time, or, without either, the newest. Who may read pages of
// rows is the page's to say: they name no person.
type Search struct {
	Account cloison.AccountID // zero: any
	Since   time.Time         // since ≤ at < until; zero: open
	Until   time.Time
	Before  int64 // of the newest rows, those below this number; 0: from the end
	Limit   int   // rows on a page
}

// Page is some rows, without person and nonce. Rows of an account or of a time come oldest first, others newest first.
type Page struct {
	Rows  []ledger.Row
	Newer time.Time // Search.Since of the next page; zero: there is none
	Older int64     // Search.Before of the next page; 0: there is none
}

// Find lists the rows of a search.
func (r *Register) Find(ctx context.Context, s Search) (Page, error) {
	rows, err := r.rows(ctx, s)
	if err != nil {
		return Page{}, err
	}
	var p Page
	if n := len(rows); n > s.Limit {
		p.Newer, rows = rows[s.Limit].At, rows[:s.Limit]
	} else if s.newest() && n > 0 && rows[n-1].Seq > 1 {
		p.Older = rows[n-1].Seq
	}
	for i := range rows {
		rows[i].Person, rows[i].Nonce = "", [16]byte{}
	}
	p.Rows = rows
	return p, nil
}

func (s Search) newest() bool { return s.Account == 0 && s.Since.IsZero() && s.Until.IsZero() }

// rows reads one row more than a page where more may follow.
func (r *Register) rows(ctx context.Context, s Search) ([]ledger.Row, error) {
	switch {
	case s.Account != 0:
		return r.store.RowsOf(ctx, s.Account, s.Since, s.Until, s.Limit+1)
	case s.newest():
		return r.newest(ctx, s.Before, s.Limit)
	}
	first, err := r.store.FirstRow(ctx, s.Since)
	if err != nil {
		return nil, err
	}
	rows, err := r.store.Rows(ctx, first-1, s.Limit+1)
	return slices.DeleteFunc(rows, func(row ledger.Row) bool { return !s.Until.IsZero() && !row.At.Before(s.Until) }), err
}

// newest lists a page of rows below a number, the newest first; 0: from the end.
func (r *Register) newest(ctx context.Context, before int64, limit int) ([]ledger.Row, error) {
	next, err := r.store.NextRow(ctx)
	if err != nil {
		return nil, err
	}
	if before <= 0 || before > next {
		before = next
	}
	rows, err := r.store.Rows(ctx, max(0, before-1-int64(limit)), limit)
	rows = slices.DeleteFunc(rows, func(row ledger.Row) bool { return row.Seq >= before })
	slices.Reverse(rows)
	return rows, err
}

// Sealed returns how many rows are under the signed checkpoint, and since when.
func (r *Register) Sealed(ctx context.Context) (rows int64, at time.Time, err error) {
	mark, err := r.store.Sealed(ctx)
	return mark.Seq, mark.At, err
}

// record appends the journal's line of a search before its answer is given.
func (r *Register) record(ctx context.Context, by cloison.Caller, e journal.Event) error {
	e.At, e.Actor, e.Session = r.now(), by.Account, by.Session
	return r.store.AddEvent(ctx, e)
}
