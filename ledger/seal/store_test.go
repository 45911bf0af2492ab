package seal_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/seal"
)

// sqliteLedger is a small but real store: SQLite on disk, its own clock for the lease. It survives a killed process; it does
// not sync, because no test cuts the power.
type sqliteLedger struct {
	db       *sql.DB
	now      func() time.Time
	failMark atomic.Int32 // the next MarkSealed: 0 works, 1 fails and stores nothing, 2 stores and reports a failure
	marks    atomic.Int32 // calls of MarkSealed
}

func openLedger(tb testing.TB, dir string) *sqliteLedger {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "ledger.db")+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	_, err = db.Exec(`
		CREATE TABLE IF NOT EXISTS disclosure (seq INTEGER PRIMARY KEY, at INTEGER, account INTEGER, structure TEXT, tool TEXT,
			operation TEXT, person TEXT, fields INTEGER, explanation TEXT, session INTEGER, request TEXT, nonce BLOB);
		CREATE TABLE IF NOT EXISTS mark (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER, checkpoint BLOB, at INTEGER);
		CREATE TABLE IF NOT EXISTS lease (one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT, until INTEGER);`)
	if err != nil {
		tb.Fatal(err)
	}
	return &sqliteLedger{db: db, now: time.Now}
}

// commit adds n rows in one transaction, numbered after the last one.
func (l *sqliteLedger) commit(tb testing.TB, n int) {
	tb.Helper()
	tx, err := l.db.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	defer tx.Rollback()
	var last int64
	if err := tx.QueryRow(`SELECT coalesce(max(seq), 0) FROM disclosure`).Scan(&last); err != nil {
		tb.Fatal(err)
	}
	insert, err := tx.Prepare(`INSERT INTO disclosure VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`)
	if err != nil {
		tb.Fatal(err)
	}
	for seq := last + 1; seq <= last+int64(n); seq++ {
		r := sampleRow(seq)
		_, err := insert.Exec(r.Seq, r.At.UnixMilli(), int64(r.Account), string(r.Structure), r.Tool, r.Operation, r.Person,
			uint32(r.Fields), r.Explanation, int64(r.Session), r.Request, r.Nonce[:])
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

func sampleRow(seq int64) ledger.Row {
	r := ledger.Row{Seq: seq, At: time.Now().UTC().Truncate(time.Millisecond), Account: cloison.AccountID(1 + seq%7),
		Structure: "ML-042", Tool: "dossiers", Operation: "read", Person: cloison.PersonRef(fmt.Sprintf("P%09d", seq%1000)),
		Fields: cloison.Identity | cloison.Birth, Explanation: "caseload", Session: cloison.SessionID(1 + seq%11),
		Request: fmt.Sprintf("r%012x", seq)}
	r.Nonce = [16]byte{byte(seq), byte(seq >> 8), byte(seq >> 16), 1} // a test may be predictable
	return r
}

const selectRows = `SELECT seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce
	FROM disclosure WHERE seq > ? ORDER BY seq LIMIT ?`

func (l *sqliteLedger) Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error) {
	rows, err := l.db.QueryContext(ctx, selectRows, after, limit)
	if err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "reading rows: %w", err)
	}
	defer rows.Close()
	var list []ledger.Row
	for rows.Next() {
		var r ledger.Row
		var at int64
		var nonce []byte
		if err := rows.Scan(&r.Seq, &at, &r.Account, &r.Structure, &r.Tool, &r.Operation, &r.Person, &r.Fields,
			&r.Explanation, &r.Session, &r.Request, &nonce); err != nil {
			return nil, err
		}
		r.At = time.UnixMilli(at).UTC()
		copy(r.Nonce[:], nonce)
		list = append(list, r)
	}
	return list, rows.Err()
}

func (l *sqliteLedger) Sealed(ctx context.Context) (m seal.Mark, err error) {
	var at int64
	err = l.db.QueryRowContext(ctx, `SELECT size, size, checkpoint, at FROM mark`).Scan(&m.Seq, &m.Size, &m.Checkpoint, &at)
	if err == sql.ErrNoRows {
		return seal.Mark{}, nil
	}
	if err != nil {
		return m, cloison.Errorf(cloison.Unavailable, "reading the mark: %w", err)
	}
	m.At = time.UnixMilli(at).UTC()
	return m, nil
}

func (l *sqliteLedger) MarkSealed(ctx context.Context, m seal.Mark) error {
	l.marks.Add(1)
	fail := l.failMark.Swap(0)
	if fail == 1 {
		return cloison.Errorf(cloison.Unavailable, "the mark was not stored")
	}
	done, err := l.db.ExecContext(ctx, `INSERT INTO mark VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE
		SET size = excluded.size, checkpoint = excluded.checkpoint, at = excluded.at WHERE excluded.size > size`,
		m.Size, m.Checkpoint, m.At.UnixMilli())
	if err != nil {
		return cloison.Errorf(cloison.Unavailable, "storing the mark: %w", err)
	}
	if n, _ := done.RowsAffected(); n == 0 {
		if stored, err := l.Sealed(ctx); err != nil || stored.Size > m.Size {
			return cloison.Errorf(cloison.Stale, "the mark is further already")
		}
	}
	if fail == 2 {
		return cloison.Errorf(cloison.Unavailable, "whether the mark was stored is not known")
	}
	return nil
}

func (l *sqliteLedger) Lease(ctx context.Context, holder string, ttl time.Duration) (bool, error) {
	now := l.now().UnixMilli()
	done, err := l.db.ExecContext(ctx, `INSERT INTO lease VALUES (1, ?, ?) ON CONFLICT DO UPDATE
		SET holder = excluded.holder, until = excluded.until WHERE holder = excluded.holder OR until <= ?`,
		holder, now+ttl.Milliseconds(), now)
	if err != nil {
		return false, cloison.Errorf(cloison.Unavailable, "leasing: %w", err)
	}
	n, err := done.RowsAffected()
	return n == 1, err
}
