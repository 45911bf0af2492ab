package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
)

const letterColumns = `id, key, kind, weight, account, role, about, address, subject, body, state, made, due, tries, holder,
	until, settled, reply`

func letterDest(l *letters.Letter) []any {
	return []any{&l.ID, &l.Key, (*string)(&l.Kind), (*uint8)(&l.Weight), (*int64)(&l.To), (*string)(&l.As), (*int64)(&l.About),
		(*string)(&l.Address), &l.Subject, (*string)(&l.Body), (*string)(&l.State), (*moment)(&l.Made), (*moment)(&l.Due), &l.Tries,
		&l.Holder, (*moment)(&l.Until), (*moment)(&l.Settled), &l.Reply}
}

func (t *tx) insertLetter(l letters.Letter) error {
	return t.run(`INSERT INTO letter (key, kind, weight, account, role, about, address, subject, body, state, made, due, tries,
		holder, reply) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, '', '') ON CONFLICT (key) DO NOTHING`,
		l.Key, string(l.Kind), int16(l.Weight), int64(l.To), string(l.As), int64(l.About), l.Address.Reveal(), l.Subject,
		l.Body.Reveal(), string(l.State), exact(l.Made), exact(l.Due))
}

// Post stores letters and moves their reader's place. The cursor's row is locked first, so that of two replicas one
// waits.
func (db *DB) Post(ctx context.Context, b letters.Batch) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.run("INSERT INTO cursor (name, at) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING", b.Reader); err != nil {
			return err
		}
		n, err := t.exec("UPDATE cursor SET at = $1 WHERE name = $2 AND at = $3", b.To, b.Reader, b.From)
		if err != nil {
			return err
		}
		if n == 0 {
			return stale("cursor " + b.Reader)
		}
		for _, l := range b.Letters {
			if err := t.insertLetter(l); err != nil {
				return err
			}
		}
		return nil
	})
}

// Recent counts letters of a kind to one account.
func (db *DB) Recent(ctx context.Context, to cloison.AccountID, kind letters.Kind, since time.Time) (n int, err error) {
	err = db.get(ctx, "letter", `SELECT count(*) FROM letter
		WHERE account = $1 AND kind = $2 AND made >= $3 AND state NOT IN ('held', 'folded')`,
		[]any{int64(to), string(kind), exact(since)}, []any{&n})
	return n, err
}

func (db *DB) letters(ctx context.Context, query string, args ...any) (list []letters.Letter, err error) {
	err = db.each(ctx, "SELECT "+letterColumns+" FROM letter "+query, args, func(rows pgx.Rows) error {
		var l letters.Letter
		err := rows.Scan(letterDest(&l)...)
		list = append(list, l)
		return unavailable(err)
	})
	return list, err
}

// HeldLetters lists what waits for a digest.
func (db *DB) HeldLetters(ctx context.Context, limit int) ([]letters.Letter, error) {
	return db.letters(ctx, "WHERE state = 'held' ORDER BY account, weight, id LIMIT $1", limit)
}

// Fold replaces held letters by one.
func (db *DB) Fold(ctx context.Context, digest letters.Letter, letters []int64) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE letter SET state = 'folded', body = '' WHERE id = ANY ($1) AND state = 'held'", letters)
		if err != nil {
			return err
		}
		if n != int64(len(letters)) {
			return stale("letter")
		}
		return t.insertLetter(digest)
	})
}

// Claim takes the next letter; senders at once pass by each other's.
func (db *DB) Claim(ctx context.Context, holder string, now, until time.Time) (l letters.Letter, err error) {
	err = db.tx(ctx, func(t *tx) error {
		return found("letter", t.row(`UPDATE letter SET state = 'sending', tries = tries + 1, holder = $1, until = $3
			WHERE id = (SELECT id FROM letter WHERE state = 'unsent' AND due <= $2 ORDER BY weight, id LIMIT 1
				FOR UPDATE SKIP LOCKED)
			RETURNING `+letterColumns, holder, exact(now), exact(until)).Scan(letterDest(&l)...))
	})
	return l, err
}

// Settle says what became of a letter in hand.
func (db *DB) Settle(ctx context.Context, l letters.Letter) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE letter SET state = $1::text, due = $2, tries = $3, settled = $4, reply = $5,
			body = CASE $1::text WHEN 'sent' THEN '' ELSE body END
			WHERE id = $6 AND holder = $7 AND state IN ('sending', 'doubtful')`,
			string(l.State), exact(l.Due), l.Tries, stamp(l.Settled), l.Reply, l.ID, l.Holder)
		if err == nil && n == 0 {
			return stale("letter")
		}
		return err
	})
}

// Lapse gives up what is in nobody's hand any more, and what is too old.
func (db *DB) Lapse(ctx context.Context, now, old time.Time) (list []letters.Letter, err error) {
	err = db.tx(ctx, func(t *tx) error {
		rows, err := t.Query(t.ctx, `UPDATE letter SET reply = CASE state WHEN 'sending' THEN 'crash' ELSE 'too_old' END, settled = $1,
			state = CASE state WHEN 'sending' THEN 'doubtful' ELSE 'failed' END
			WHERE (state = 'sending' AND until <= $1) OR (state = 'unsent' AND made < $2) RETURNING `+letterColumns,
			exact(now), exact(old))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l letters.Letter, err error) {
			err = row.Scan(letterDest(&l)...)
			return l, err
		})
		return err
	})
	return list, err
}

// Resend lets a letter go again.
func (db *DB) Resend(ctx context.Context, id int64, now time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE letter SET state = 'unsent', due = $1, made = $1, tries = 0, holder = '', settled = NULL, reply = ''
			WHERE id = $2 AND state IN ('doubtful', 'failed') AND body <> ''`, exact(now), id)
		if err == nil && n == 0 {
			return cloison.Errorf(cloison.Conflict, "the letter is neither doubtful nor failed, or its text is gone")
		}
		return err
	})
}

// Forget deletes old letters.
func (db *DB) Forget(ctx context.Context, before time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run("DELETE FROM letter WHERE state IN ('sent', 'folded', 'failed', 'doubtful') AND made < $1", exact(before))
	})
}

// Letter finds a letter.
func (db *DB) Letter(ctx context.Context, id int64) (l letters.Letter, err error) {
	err = db.get(ctx, "letter", "SELECT "+letterColumns+" FROM letter WHERE id = $1", []any{id}, letterDest(&l))
	return l, err
}

// Letters lists the outbox, newest first.
func (db *DB) Letters(ctx context.Context, state letters.State, below int64, limit int) ([]letters.Letter, error) {
	return db.letters(ctx, "WHERE ($1 = '' OR state = $1) AND ($2::bigint = 0 OR id < $2) ORDER BY id DESC LIMIT $3",
		string(state), below, limit)
}

// Tally counts by state.
func (db *DB) Tally(ctx context.Context) (map[letters.State]int, error) {
	tally := map[letters.State]int{}
	err := db.each(ctx, "SELECT state, count(*) FROM letter GROUP BY state", nil, func(rows pgx.Rows) error {
		var s string
		var n int
		err := rows.Scan(&s, &n)
		tally[letters.State(s)] = n
		return unavailable(err)
	})
	return tally, err
}

func (db *DB) accountsWhere(ctx context.Context, where string, args ...any) (list []directory.Account, err error) {
	err = db.each(ctx, "SELECT "+accountColumns+" FROM account WHERE "+where, args, func(rows pgx.Rows) error {
		var a directory.Account
		err := rows.Scan(accountDest(&a)...)
		list = append(list, a)
		return unavailable(err)
	})
	return list, err
}

// Bearers lists who holds a role.
func (db *DB) Bearers(ctx context.Context, structure cloison.StructureID, role directory.Role, limit int) (
	[]directory.Account, error,
) {
	return db.accountsWhere(ctx, "($1 = '' OR structure = $1) AND roles::int & $2 <> 0 AND state = $3 ORDER BY id LIMIT $4",
		string(structure), int32(role), int32(directory.Active), limit)
}

// CutAccounts lists the accounts of a cut.
func (db *DB) CutAccounts(ctx context.Context, cut cloison.ActID) (list []cloison.AccountID, err error) {
	err = db.each(ctx, "SELECT account FROM cut_account WHERE cut = $1 AND suspended ORDER BY place", []any{int64(cut)},
		func(rows pgx.Rows) error {
			var id int64
			err := rows.Scan(&id)
			list = append(list, cloison.AccountID(id))
			return unavailable(err)
		})
	return list, err
}
