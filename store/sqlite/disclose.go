package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"cloison"
	"cloison/rules/limits"
	"cloison/store/shared"
	"cloison/wall/disclose"
)

// Gate reads the gate's row.
func (db *DB) Gate(ctx context.Context) (g disclose.Gate, err error) {
	err = db.get(ctx, "gate", "SELECT fence, next_seq, last_at FROM gate", nil,
		[]any{&g.Fence, &g.NextSeq, &g.LastAt})
	return g, err
}

// Tallies reads counters by one query, whatever their number.
func (db *DB) Tallies(ctx context.Context, subjects []disclose.Counted) ([]disclose.Counter, error) {
	list, err := json.Marshal(subjects)
	if err != nil {
		return nil, err
	}
	counters := make([]disclose.Counter, len(subjects))
	place := make(map[disclose.Counted][]int, len(subjects))
	for i, s := range subjects {
		counters[i].Counted = s
		if session(s) {
			counters[i].Version = -1
		}
		place[s] = append(place[s], i)
	}
	err = db.each(ctx, `SELECT c.subject, c.version, c.tally FROM json_each(?) j CROSS JOIN counter c ON c.subject = j.value`,
		[]any{string(list)}, func(row shared.Row) error {
			var c disclose.Counter
			var tally sql.RawBytes
			if err := row.Scan(&c.Counted, &c.Version, &tally); err != nil {
				return err
			}
			if err := c.Tally.UnmarshalBinary(tally); err != nil {
				return cloison.Errorf(cloison.Internal, "reading counter %s: %w", c.Counted, err)
			}
			for _, i := range place[c.Counted] {
				counters[i] = c
			}
			return nil
		})
	return counters, err
}

// EachTally reads the table in its own order; sessions, whose letter comes after all others, are its end.
func (db *DB) EachTally(ctx context.Context, each func(disclose.Counted, limits.Tally) error) error {
	var subject, stored sql.RawBytes
	dest := []any{&subject, &stored}
	return db.each(ctx, "SELECT subject, tally FROM counter WHERE subject < 't:'", nil, func(row shared.Row) error {
		if err := row.Scan(dest...); err != nil {
			return err
		}
		var t limits.Tally
		if err := t.UnmarshalBinary(stored); err != nil {
			return cloison.Errorf(cloison.Internal, "reading counter %s: %w", subject, err)
		}
		return each(disclose.Counted(subject), t)
	})
}

// session reports whether a counter is a presence lease, which only AddSession makes.
func session(s disclose.Counted) bool { return strings.HasPrefix(string(s), "t:") }

// Shown reads both parts of the roll's index, which hold all that it needs.
func (db *DB) Shown(ctx context.Context, account cloison.AccountID, tool string, since time.Time) ([]cloison.PersonRef, error) {
	var persons []cloison.PersonRef
	err := db.each(ctx, `SELECT person FROM disclosure WHERE filed = 1 AND account = ?1 AND at >= ?2 AND tool = ?3
		UNION SELECT person FROM disclosure WHERE filed = 0 AND account = ?1 AND at >= ?2 AND tool = ?3`,
		[]any{int64(account), millis(since), tool}, func(row shared.Row) error {
			var p string
			err := row.Scan(&p)
			persons = append(persons, cloison.PersonRef(p))
			return err
		})
	return persons, err
}

// Commit is the hot path: one transaction, prepared statements, the gate's row first.
func (db *DB) Commit(ctx context.Context, c disclose.Commit) (first int64, err error) {
	tallies, err := marshalTallies(c.Counters)
	if err != nil {
		return 0, err
	}
	err = db.tx(ctx, func(t shared.Tx) error {
		if first, err = passGate(t, c); err != nil {
			return err
		}
		if err := storeCounters(t, c.Counters, tallies); err != nil {
			return err
		}
		if err := addRows(t, c, first); err != nil {
			return err
		}
		if err := file(t, first, int64(len(c.Rows))); err != nil {
			return err
		}
		for _, r := range c.Refusals {
			err := t.Run(`INSERT INTO refusal (at, account, session, tool, operation, person, reason, request)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, millis(r.At), int64(r.Account), int64(r.Session), r.Tool, r.Operation,
				string(r.Person), r.Reason, r.Request)
			if err != nil {
				return err
			}
		}
		for _, a := range c.Alarms {
			err := t.Run(`INSERT INTO alarm (at, account, lineage, structure, subject, level, statistic, persons, unexplained, request)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, millis(a.At), int64(a.Account), int64(a.Lineage), string(a.Structure),
				string(a.Counted), a.Level, a.Statistic, a.Persons, a.Unexplained, a.Request)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return first, nil
}

func marshalTallies(counters []disclose.Counter) ([][]byte, error) {
	tallies := make([][]byte, len(counters))
	for i := range counters {
		b, err := counters[i].Tally.MarshalBinary()
		if err != nil {
			return nil, cloison.Errorf(cloison.Internal, "storing counter %s: %w", counters[i].Counted, err)
		}
		tallies[i] = b
	}
	return tallies, nil
}

// passGate takes the numbers of the commit's rows, and returns the first.
func passGate(t shared.Tx, c disclose.Commit) (first int64, err error) {
	at, opened := millis(c.At), int64(0)
	if len(c.Rows) > 0 {
		opened = millis(c.Rows[0].At)
	}
	err = t.Row(`UPDATE gate SET next_seq = next_seq + ?1, last_at = ?2, opened_at = iif(opened_at = 0, ?3, opened_at)
		WHERE fence = ?4 AND last_at <= ?2 RETURNING next_seq - ?1`, len(c.Rows), at, opened, c.Fence).Scan(&first)
	if none(err) {
		return 0, shared.Stale("ledger's fence or clock")
	}
	return first, err
}

// rowsAtOnce and countersAtOnce are how many one statement stores at most. OR FAIL in these statements means that one
// which fails leaves its first rows behind, for the transaction to give up: SQLite then keeps no journal for the
// statement alone.
const (
	rowsAtOnce     = 32
	countersAtOnce = 128
)

// storeCounters stores the tallies whose versions are still those that were read; Stale when one is not. One pass over
// the table does it: where the subject is there, its row is updated if the version is right; where it isn't, a row
// would appear, but its born = 0 refers to no gate, and the foreign key refuses it.
func storeCounters(t shared.Tx, counters []disclose.Counter, tallies [][]byte) error {
	args := make([]any, 0, 3*countersAtOnce)
	var n int
	flush := func() error {
		if n == 0 {
			return nil
		}
		stored, err := t.Exec("INSERT OR FAIL INTO counter (subject, version, tally, born) VALUES "+repeated("(?, ?, ?, 0)", n)+
			" ON CONFLICT DO UPDATE SET version = excluded.version + 1, tally = excluded.tally WHERE version = excluded.version", args...)
		if foreign(err) || err == nil && stored != int64(n) {
			return shared.Stale("counters")
		}
		args, n = args[:0], 0
		return err
	}
	for i, c := range counters {
		if c.Version <= 0 {
			if err := addCounter(t, c, tallies[i]); err != nil {
				return err
			}
			continue
		}
		args = append(args, string(c.Counted), c.Version, tallies[i])
		if n++; n == countersAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// addCounter stores the first tally of a subject.
func addCounter(t shared.Tx, c disclose.Counter, tally []byte) error {
	var n int64
	var err error
	if c.Version == 0 && !session(c.Counted) {
		n, err = t.Exec("INSERT INTO counter (subject, version, tally) VALUES (?, 1, ?) ON CONFLICT DO NOTHING",
			string(c.Counted), tally)
	}
	if err == nil && n == 0 {
		return shared.Stale("counter " + string(c.Counted))
	}
	return err
}

func addRows(t shared.Tx, c disclose.Commit, first int64) error {
	args := make([]any, 0, 12*rowsAtOnce)
	for rows := c.Rows; len(rows) > 0; {
		n := min(len(rows), rowsAtOnce)
		args = args[:0]
		for i := range rows[:n] {
			r := &rows[i]
			args = append(args, first, millis(r.At), int64(r.Account), string(r.Structure), r.Tool, r.Operation, string(r.Person),
				int64(r.Fields), r.Explanation, int64(r.Session), r.Request, r.Nonce[:])
			first++
		}
		err := t.Run(`INSERT OR FAIL INTO disclosure
			(seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce)
			VALUES `+tuples(n, 12), args...)
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// file moves the fresh rows into the large index when these n rows have made enough of them.
func file(t shared.Tx, first, n int64) error {
	const fresh = 1024
	if first/fresh == (first+n)/fresh {
		return nil
	}
	return t.Run("UPDATE OR FAIL disclosure SET filed = 1 WHERE filed = 0")
}
