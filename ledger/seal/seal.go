package seal

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"cloison"
	"cloison/ledger"
)

// Config says where the log is and how often it is written. The zero value of a duration or size means its default.
type Config struct {
	Dir    string        // the log's directory; with several replicas, on a file system that they share
	Key    Key           // signs the checkpoints
	Holder string        // this replica's name in the lease, unique among replicas
	Pace   time.Duration // least time between two batches, unless a full batch waits: 250 ms
	Poll   time.Duration // longest time between two reads of the store without a wake-up: 500 ms
	Lease  time.Duration // how long a sealer that does not renew keeps the lease: 10 s
	Batch  int           // most rows in a batch: 8192
}

// Sealer puts committed rows into the log. Run it once; the other methods are safe at any time.
type Sealer struct {
	store  Store
	config Config
	log    *slog.Logger
	now    func() time.Time
	wake   chan struct{}
	meter  meter
}

// New makes a sealer. It touches neither the store nor the directory before Run.
func New(store Store, config Config, log *slog.Logger, now func() time.Time) (*Sealer, error) {
	if config.Dir == "" || config.Key.Signer == nil || config.Holder == "" {
		return nil, cloison.Errorf(cloison.Invalid, "sealer: directory, key and replica name are required")
	}
	config.Pace = cmp.Or(config.Pace, 250*time.Millisecond)
	config.Poll = cmp.Or(config.Poll, 500*time.Millisecond)
	config.Lease = cmp.Or(config.Lease, 10*time.Second)
	config.Batch = cmp.Or(config.Batch, 8192)
	return &Sealer{store: store, config: config, log: log, now: now, wake: make(chan struct{}, 1)}, nil
}

// Wake tells the sealer that rows were committed. It never blocks and is cheap enough to call after each commit.
func (s *Sealer) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run seals until ctx is done, then returns nil. It takes the lease when it is free, waits while another replica has
// it, and retries when the store or the disk is not available. It returns an error of another kind when log and ledger
// contradict each other; then nothing is signed until a person has looked.
func (s *Sealer) Run(ctx context.Context) error {
	for {
		err := s.lead(ctx)
		s.meter.leading.Store(false)
		switch kind := cloison.KindOf(err); {
		case ctx.Err() != nil:
			return nil
		case err == nil: // another replica seals
		case kind == cloison.Unavailable || kind == cloison.Stale:
			s.meter.failures.Add(1)
			s.log.WarnContext(ctx, "sealing delayed, retrying", "err", err)
		default:
			s.log.ErrorContext(ctx, "sealing stopped", "err", err)
			return err
		}
		if !wait(ctx, nil, s.config.Poll) {
			return nil
		}
	}
}

// lead seals for as long as this replica has the lease and the log's lock. The lease keeps replicas from trying all at
// once. The lock, which a paused process cannot outlive, keeps two of them from ever writing at once.
func (s *Sealer) lead(ctx context.Context) error {
	if ours, err := s.store.Lease(ctx, s.config.Holder, s.config.Lease); err != nil || !ours {
		return err
	}
	leased := time.Now() // monotonic: a clock set back does not prolong the lease
	mark, err := s.store.Sealed(ctx)
	if err != nil {
		return err
	}
	log, err := openLog(ctx, s.config.Dir, s.config.Key, mark.Size > 0)
	switch {
	case err != nil && cloison.KindOf(err) == cloison.Conflict:
		return nil // another process has the lock and is about to notice that it lost the lease
	case err != nil:
		return err
	}
	defer func() {
		log.close()
		// The next replica need not wait for the lease to run out. Failing costs only that wait.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		s.store.Lease(ctx, s.config.Holder, 0)
	}()
	if err := s.recover(ctx, log, &mark); err != nil {
		return err
	}
	s.meter.leading.Store(true)
	for {
		began := time.Now()
		if began.Sub(leased) > s.config.Lease/3 {
			if ours, err := s.store.Lease(ctx, s.config.Holder, s.config.Lease); err != nil || !ours {
				return err
			}
			leased = began
		}
		n, err := s.sealNext(ctx, log, &mark)
		if err != nil {
			return err
		}
		if n == s.config.Batch {
			continue // a backlog
		}
		if !wait(ctx, nil, s.config.Pace-time.Since(began)) || !wait(ctx, s.wake, s.config.Poll-time.Since(began)) {
			return nil
		}
	}
}

// sealNext seals the next batch of rows and returns how many there were.
func (s *Sealer) sealNext(ctx context.Context, log *ledgerLog, mark *Mark) (int, error) {
	rows, err := s.store.Rows(ctx, log.edge.size, s.config.Batch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	leaves := make([]ledger.Leaf, len(rows))
	for i := range rows {
		if want := log.edge.size + 1 + int64(i); rows[i].Seq != want {
			return 0, cloison.Errorf(cloison.Internal, "sealing: row %d is missing from the ledger, row %d follows; verify the ledger", want, rows[i].Seq)
		}
		leaves[i] = rows[i].Leaf()
	}
	if err := log.append(ctx, leaves); err != nil {
		return 0, err
	}
	// A crash here leaves leaves that no checkpoint covers: recover compares them with the rows and publishes.
	signed, err := log.publish()
	if err != nil {
		return 0, err
	}
	// A crash here leaves a mark behind the checkpoint: recover stores it.
	if err := s.mark(ctx, log, signed, mark); err != nil {
		return 0, err
	}
	s.meter.sealed(rows, s.now())
	return len(rows), nil
}

// mark stores how far the ledger is sealed. The mark's time never goes back, even when the clock does.
func (s *Sealer) mark(ctx context.Context, log *ledgerLog, signed []byte, last *Mark) error {
	at := cloison.Timestamp(s.now())
	if at.Before(last.At) {
		at = last.At
	}
	next := Mark{Seq: log.edge.size, Size: uint64(log.edge.size), Checkpoint: signed, At: at}
	if err := s.store.MarkSealed(ctx, next); err != nil {
		return err
	}
	*last = next
	s.meter.size.Store(log.edge.size)
	return nil
}

// wait returns true after d or when wake is written to, false when ctx is done.
func wait(ctx context.Context, wake <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-timer.C:
	}
	return true
}
