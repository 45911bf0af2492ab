package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"cloison"
	"cloison/rules/limits"
	"cloison/store/shared"
	"cloison/wall/disclose"
)

// Gate reads the gate's row.
func (db *DB) Gate(ctx context.Context) (g disclose.Gate, err error) {
	err = db.get(ctx, "gate", "SELECT fence, next_seq, last_at FROM gate", nil, []any{&g.Fence, &g.NextSeq, &g.LastAt})
	return g, err
}

// Tallies reads counters by one query, whatever their number.
func (db *DB) Tallies(ctx context.Context, subjects []disclose.Counted) ([]disclose.Counter, error) {
	counters := make([]disclose.Counter, len(subjects))
	place := make(map[disclose.Counted][]int, len(subjects))
	names := make([]string, len(subjects))
	for i, s := range subjects {
		counters[i].Counted, names[i] = s, string(s)
		if session(s) {
			counters[i].Version = -1
		}
		place[s] = append(place[s], i)
	}
	err := db.each(ctx, "SELECT subject, version, tally FROM counter WHERE subject = ANY($1)", []any{names}, func(row shared.Row) error {
		var c disclose.Counter
		var subject string
		var tally []byte
		if err := row.Scan(&subject, &c.Version, &tally); err != nil {
			return err
		}
		c.Counted = disclose.Counted(subject)
		if err := c.Tally.UnmarshalBinary(tally); err != nil {
			return cloison.Errorf(cloison.Internal, "reading counter %s: %w", subject, err)
		}
		for _, i := range place[c.Counted] {
			counters[i] = c
		}
		return nil
	})
	return counters, err
}

// EachTally reads the whole table, but for sessions.
func (db *DB) EachTally(ctx context.Context, each func(disclose.Counted, limits.Tally) error) error {
	var subject string
	var stored pgtype.DriverBytes
	dest := []any{&subject, &stored}
	return db.each(ctx, "SELECT subject, tally FROM counter WHERE subject NOT LIKE 't:%'", nil, func(row shared.Row) error {
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

// Shown reads the roll's index, which holds all that it needs.
func (db *DB) Shown(ctx context.Context, account cloison.AccountID, tool string, since time.Time) ([]cloison.PersonRef, error) {
	var persons []cloison.PersonRef
	err := db.each(ctx, "SELECT DISTINCT person FROM disclosure WHERE account = $1 AND at >= $2 AND tool = $3",
		[]any{int64(account), cloison.Timestamp(since), tool}, func(row shared.Row) error {
			var p string
			err := row.Scan(&p)
			persons = append(persons, cloison.PersonRef(p))
			return err
		})
	return persons, err
}

// Commit is the hot path, in two round trips: the gate and the counters, which decide; then the rows and the COMMIT.
// The gate is locked in between, and no other commit can come between.
func (db *DB) Commit(ctx context.Context, c disclose.Commit) (int64, error) {
	n, err := newCounters(c.Counters)
	if err != nil {
		return 0, err
	}
	first, err := db.commit(ctx, c, n)
	if code(err) == checkViolation { // the month has no partition yet
		if err := db.partitionsFor(ctx, c.Rows); err != nil {
			return 0, err
		}
		first, err = db.commit(ctx, c, n)
	}
	return first, err
}

func (db *DB) commit(ctx context.Context, c disclose.Commit, n counters) (first int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, unavailable(err)
	}
	limited, stop := context.WithTimeout(context.WithoutCancel(ctx), db.wait)
	defer stop()
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return 0, unavailable(err)
	}
	defer conn.Release() // destroys the connection when it is not idle

	decide := &pgx.Batch{}
	decide.Queue("BEGIN")
	decide.Queue(passGate, n.gateArgs(c)...).QueryRow(func(row pgx.Row) error {
		var stored int
		if err := row.Scan(&first, &stored); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return shared.Stale("ledger's fence or clock")
			}
			return err
		}
		if stored != len(c.Counters) {
			return shared.Stale("counters")
		}
		return nil
	})
	if err := conn.SendBatch(limited, decide).Close(); err != nil {
		_, _ = conn.Exec(limited, "ROLLBACK") // if that fails the connection is closed, and the server rolls back
		return 0, withKind(err)
	}

	store := &pgx.Batch{}
	queueRows(store, c, first)
	queueEvidence(store, c)
	store.Queue("COMMIT")
	if err := conn.SendBatch(limited, store).Close(); err != nil {
		_, _ = conn.Exec(limited, "ROLLBACK")
		return 0, committed(err)
	}
	return first, nil
}

// passGate takes the rows' numbers and stores the counters whose versions are still those that were read. The counters
// are touched only once the gate is passed. $2 is the commit's time, $5 to $8 are what counters has.
const passGate = `WITH
	passed AS (UPDATE gate SET next_seq = next_seq + $1, last_at = $2, opened_at = coalesce(opened_at, $3)
		WHERE fence = $4 AND (last_at IS NULL OR last_at <= $2) RETURNING next_seq - $1 AS first),
	moved AS (UPDATE counter SET version = counter.version + 1, tally = v.tally
		FROM passed, unnest($5::text[], $6::bigint[], $7::bytea[]) AS v (subject, version, tally)
		WHERE counter.subject = v.subject AND counter.version = v.version RETURNING 1),
	born AS (INSERT INTO counter (subject, version, tally) SELECT v.subject, 1, v.tally
		FROM passed, unnest($8::text[], $9::bytea[]) AS v (subject, tally) ON CONFLICT DO NOTHING RETURNING 1)
	SELECT first, (SELECT count(*) FROM moved) + (SELECT count(*) FROM born) FROM passed`

// counters are the columns of a commit's counters. One that no commit may store is in neither list, so that it is
// missed.
type counters struct {
	subjects, born   []string
	versions         []int64
	tallies, bornAre [][]byte
}

func newCounters(list []disclose.Counter) (n counters, err error) {
	for _, c := range list {
		b, err := c.Tally.MarshalBinary()
		if err != nil {
			return n, cloison.Errorf(cloison.Internal, "storing counter %s: %w", c.Counted, err)
		}
		switch {
		case c.Version > 0:
			n.subjects, n.versions, n.tallies = append(n.subjects, string(c.Counted)), append(n.versions, c.Version), append(n.tallies, b)
		case c.Version == 0 && !session(c.Counted):
			n.born, n.bornAre = append(n.born, string(c.Counted)), append(n.bornAre, b)
		}
	}
	return n, nil
}

func (n counters) gateArgs(c disclose.Commit) []any {
	var opened *time.Time
	if len(c.Rows) > 0 {
		opened = orNull(c.Rows[0].At)
	}
	return []any{len(c.Rows), cloison.Timestamp(c.At), opened, c.Fence, n.subjects, n.versions, n.tallies, n.born, n.bornAre}
}

// queueRows inserts all rows by one statement, a column an array.
func queueRows(b *pgx.Batch, c disclose.Commit, first int64) {
	n := len(c.Rows)
	if n == 0 {
		return
	}
	at, account, session, fields := make([]time.Time, n), make([]int64, n), make([]int64, n), make([]int64, n)
	structure, tool, operation, person := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	explanation, request, nonce := make([]string, n), make([]string, n), make([][]byte, n)
	for i := range c.Rows {
		r := &c.Rows[i]
		at[i], account[i], session[i], fields[i] = cloison.Timestamp(r.At), int64(r.Account), int64(r.Session), int64(r.Fields)
		structure[i], tool[i], operation[i], person[i] = string(r.Structure), r.Tool, r.Operation, string(r.Person)
		explanation[i], request[i], nonce[i] = r.Explanation, r.Request, r.Nonce[:]
	}
	b.Queue(`INSERT INTO disclosure
		(seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce)
		SELECT $1 - 1 + n, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce
		FROM unnest($2::timestamptz[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[],
			$10::bigint[], $11::text[], $12::bytea[]) WITH ORDINALITY
		AS r (at, account, structure, tool, operation, person, fields, explanation, session, request, nonce, n)`,
		first, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce)
}

// queueEvidence inserts refusals and alarms; there are few. Alarms are numbered while the gate is locked: in commit
// order.
func queueEvidence(b *pgx.Batch, c disclose.Commit) {
	for _, r := range c.Refusals {
		b.Queue(`INSERT INTO refusal (at, account, session, tool, operation, person, reason, request)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, cloison.Timestamp(r.At), int64(r.Account), int64(r.Session), r.Tool, r.Operation,
			string(r.Person), r.Reason, r.Request)
	}
	for _, a := range c.Alarms {
		b.Queue(`INSERT INTO alarm (at, account, lineage, structure, subject, level, statistic, persons, unexplained, request)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, cloison.Timestamp(a.At), int64(a.Account), int64(a.Lineage),
			string(a.Structure), string(a.Counted), a.Level, a.Statistic, a.Persons, a.Unexplained, a.Request)
	}
}
