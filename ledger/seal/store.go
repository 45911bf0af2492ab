package seal

import (
	"context"
	"time"

	"cloison/ledger"
)

// Reader is what verifying needs of the ledger's database. Every method is one transaction and may be called by several
// replicas at once.
type Reader interface {
	// Rows returns the committed rows with Seq > after, in Seq order, without gaps, at most limit of them. None is not
	// an error. A row whose transaction has not committed, or may still be rolled back, must not be skipped: when row n
	// is not there yet, neither is any row above n. The first row returned is after+1, unless retention dropped it.
	Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error)

	// Sealed returns the last mark stored, or the zero Mark when there is none. It reads what every replica reads.
	Sealed(ctx context.Context) (Mark, error)
}

// Store is what sealing needs of the ledger's database. Every method is one transaction, is durable when it returns
// nil, and may be called by several replicas at once. An error of kind Unavailable means that nothing is known to have
// happened and that the sealer will try again later; any other error stops it.
type Store interface {
	Reader

	// MarkSealed stores the mark if its Size is above the stored one. The same Size again is success and keeps the
	// stored mark; a smaller Size is cloison.Stale and changes nothing, so that a sealer that lost its lease and wakes
	// up late cannot turn the mark back.
	MarkSealed(ctx context.Context, m Mark) error

	// Lease makes holder the one sealer until ttl from now by the database's clock, and reports whether it is. It renews
	// the lease of the same holder, takes an expired one, and returns false, nil while another holder has it. A ttl of
	// zero or less gives the lease up.
	Lease(ctx context.Context, holder string, ttl time.Duration) (bool, error)
}

// Mark is how far the ledger is sealed: the rows 1 to Seq are under Checkpoint. The log's own files decide; the mark
// tells every replica, and lets a verifier notice a log that was rolled back together with its files.
type Mark struct {
	Seq        int64     // the last sealed row; equals Size
	Size       uint64    // the leaves under the checkpoint
	Checkpoint []byte    // the signed checkpoint, as published
	At         time.Time // when it was signed, by the sealer's clock: UTC, whole milliseconds
}
