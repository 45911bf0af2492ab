package postgres

import (
	"context"
	"fmt"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/retention"
)

// ahead is how many months have a partition before their first row comes.
const ahead = 3

// Maintain creates the partitions of this month and the next ones, and drops what the desk granted and is over. Call it
// at start and once a day; it is quick when there is nothing to do.
func (db *DB) Maintain(ctx context.Context, now time.Time) error {
	month := firstOfMonth(now)
	for i := range ahead {
		if err := db.partition(ctx, month.AddDate(0, i, 0)); err != nil {
			return err
		}
	}
	return db.tx(ctx, func(t *tx) error { return t.Forget(now) })
}

// partitionsFor creates what a commit missed.
func (db *DB) partitionsFor(ctx context.Context, rows []ledger.Row) error {
	done := map[time.Time]bool{}
	for i := range rows {
		month := firstOfMonth(rows[i].At)
		if done[month] {
			continue
		}
		if err := db.partition(ctx, month); err != nil {
			return err
		}
		done[month] = true
	}
	return nil
}

func firstOfMonth(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func partitionName(month time.Time) string { return "disclosure_" + month.Format("2006_01") }

// partition makes sure that a month has one. The table is made first and attached then, which waits neither for readers
// nor makes them wait.
func (db *DB) partition(ctx context.Context, month time.Time) error {
	name, next := partitionName(month), month.AddDate(0, 1, 0)
	var there bool
	if err := db.get(ctx, "catalogue", attached, []any{name}, []any{&there}); err != nil || there {
		return err
	}
	return db.guarded(ctx, func(t *tx) error {
		if err := t.Row(attached, name).Scan(&there); err != nil || there {
			return err
		}
		if err := t.Run("CREATE TABLE " + name + " (LIKE disclosure INCLUDING DEFAULTS INCLUDING INDEXES)"); err != nil {
			return err
		}
		return t.Run(fmt.Sprintf("ALTER TABLE disclosure ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')",
			name, month.Format(time.RFC3339), next.Format(time.RFC3339)))
	})
}

const attached = "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'disclosure'::regclass AND inhrelid = to_regclass($1))"

// oldestMonth finds the first month with a table, attached or not; zero when there is none.
func (db *DB) oldestMonth(ctx context.Context) (time.Time, error) {
	var name string
	err := db.get(ctx, "partition", `SELECT coalesce(min(relname), '') FROM pg_class
		WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'disclosure'::regclass)
		AND relname ~ '^disclosure_[0-9]{4}_[0-9]{2}$'`, nil, []any{&name})
	if err != nil || name == "" {
		return time.Time{}, err
	}
	month, err := time.Parse("disclosure_2006_01", name)
	if err != nil {
		return time.Time{}, cloison.Errorf(cloison.Internal, "reading the partitions: table %s is not named after a month", name)
	}
	return month, nil
}

// drop first marks the month as gone, then lets go of it without waiting for readers, then removes it.
func (db *DB) drop(ctx context.Context, month time.Time, d retention.Drop) error {
	name := partitionName(month)
	err := db.guarded(ctx, func(t *tx) error {
		if err := t.unneeded(d); err != nil {
			return err
		}
		var last, sealed int64
		err := t.Row("SELECT coalesce((SELECT max(seq) FROM "+name+"), 0), coalesce((SELECT seq FROM seal_mark), 0)").Scan(&last, &sealed)
		switch {
		case err != nil:
			return err
		case last > sealed:
			return cloison.Errorf(cloison.Conflict, "rows of %s are not sealed yet: seal first", month.Format("2006-01"))
		case last > d.Last:
			return cloison.Errorf(cloison.Conflict, "%s holds row %d, and only those up to %d are to go", month.Format("2006-01"), last, d.Last)
		}
		return t.Run("UPDATE gate SET kept_at = greatest(kept_at, $1)", month.AddDate(0, 1, 0))
	})
	if err != nil {
		return err
	}
	var still, halfway bool
	err = db.get(ctx, "catalogue", `SELECT count(*) > 0, coalesce(bool_or(inhdetachpending), false) FROM pg_inherits
		WHERE inhparent = 'disclosure'::regclass AND inhrelid = to_regclass($1)`, []any{name}, []any{&still, &halfway})
	if err != nil {
		return err
	}
	if still {
		how := " CONCURRENTLY"
		if halfway {
			how = " FINALIZE"
		}
		if _, err := db.pool.Exec(ctx, "ALTER TABLE disclosure DETACH PARTITION "+name+how); err != nil {
			return err
		}
	}
	_, err = db.pool.Exec(ctx, "DROP TABLE "+name)
	return err
}
