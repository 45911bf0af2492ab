package shared

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
)

const letterColumns = `id, key, kind, weight, account, role, about, address, subject, body, state, made, due, tries, holder,
	until, settled, reply`

func letterDest(l *letters.Letter) []any {
	return []any{&l.ID, &l.Key, (*string)(&l.Kind), (*uint8)(&l.Weight), (*int64)(&l.To), (*string)(&l.As), (*int64)(&l.About),
		(*string)(&l.Address), &l.Subject, (*string)(&l.Body), (*string)(&l.State), &l.Made, &l.Due, &l.Tries,
		&l.Holder, &l.Until, &l.Settled, &l.Reply}
}

func (t Tx) insertLetter(l letters.Letter) error {
	return t.Run(`INSERT INTO letter (key, kind, weight, account, role, about, address, subject, body, state, made, due, tries,
		holder, until, settled, reply) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, '', $13, $13, '') ON CONFLICT (key) DO NOTHING`,
		l.Key, string(l.Kind), int64(l.Weight), int64(l.To), string(l.As), int64(l.About), l.Address.Reveal(), l.Subject,
		l.Body.Reveal(), string(l.State), l.Made, l.Due, Optional{})
}

// Post stores letters and moves their reader's place. The cursor's row is locked first, so that of two replicas one
// waits.
func (db LetterStore) Post(ctx context.Context, b letters.Batch) error {
	return db.Tx(ctx, func(t Tx) error {
		if err := t.Run("INSERT INTO cursor (name, at) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING", b.Reader); err != nil {
			return err
		}
		if err := t.Must(Stale("cursor "+b.Reader),
			"UPDATE cursor SET at = $1 WHERE name = $2 AND at = $3", b.To, b.Reader, b.From); err != nil {
			return err
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
func (db LetterStore) Recent(ctx context.Context, to cloison.AccountID, kind letters.Kind, since time.Time) (n int, err error) {
	err = db.Get(ctx, "letter", `SELECT count(*) FROM letter
		WHERE account = $1 AND kind = $2 AND made >= $3 AND state NOT IN ('held', 'folded')`,
		[]any{int64(to), string(kind), since}, []any{&n})
	return n, err
}

func (db LetterStore) letters(ctx context.Context, query string, args ...any) ([]letters.Letter, error) {
	return List(ctx, db.Engine, Into(letterDest), "SELECT "+letterColumns+" FROM letter "+query, args...)
}

// HeldLetters lists what waits for a digest.
func (db LetterStore) HeldLetters(ctx context.Context, limit int) ([]letters.Letter, error) {
	return db.letters(ctx, "WHERE state = 'held' ORDER BY account, weight, id LIMIT $1", limit)
}

// Fold replaces held letters by one.
func (db LetterStore) Fold(ctx context.Context, digest letters.Letter, letters []int64) error {
	return db.Tx(ctx, func(t Tx) error {
		n, err := t.Exec("UPDATE letter SET state = 'folded', body = '' WHERE id = ANY($1) AND state = 'held'", letters)
		if err != nil {
			return err
		}
		if n != int64(len(letters)) {
			return Stale("letter")
		}
		return t.insertLetter(digest)
	})
}

// Claim takes the next letter; senders at once pass by each other's.
func (db LetterStore) Claim(ctx context.Context, holder string, now, until time.Time) (l letters.Letter, err error) {
	err = db.Tx(ctx, func(t Tx) error {
		return Found("letter", t.Row(`UPDATE letter SET state = 'sending', tries = tries + 1, holder = $1, until = $3
			WHERE id = (SELECT id FROM letter WHERE state = 'unsent' AND due <= $2 ORDER BY weight, id LIMIT 1
				FOR UPDATE SKIP LOCKED)
			RETURNING `+letterColumns, holder, now, until).Scan(letterDest(&l)...))
	})
	return l, err
}

// Settle stores the outcome of a letter that its holder tried to send.
func (db LetterStore) Settle(ctx context.Context, l letters.Letter) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Must(Stale("letter"), `UPDATE letter SET state = $1::text, due = $2, tries = $3, settled = $4, reply = $5,
			body = CASE $1::text WHEN 'sent' THEN '' ELSE body END
			WHERE id = $6 AND holder = $7 AND state IN ('sending', 'doubtful')`,
			string(l.State), l.Due, l.Tries, Optional(l.Settled), l.Reply, l.ID, l.Holder)
	})
}

// Lapse gives up letters whose holder died, and those that are too old.
func (db LetterStore) Lapse(ctx context.Context, now, old time.Time) (list []letters.Letter, err error) {
	err = db.Tx(ctx, func(t Tx) error {
		return t.Each(`UPDATE letter SET reply = CASE state WHEN 'sending' THEN 'crash' ELSE 'too_old' END, settled = $1,
			state = CASE state WHEN 'sending' THEN 'doubtful' ELSE 'failed' END
			WHERE (state = 'sending' AND until <= $1) OR (state = 'unsent' AND made < $2) RETURNING `+letterColumns, []any{now,
			old}, func(row Row) error {
			l, err := Into(letterDest)(row)
			list = append(list, l)
			return err
		})
	})
	return list, err
}

// Resend lets a letter go again.
func (db LetterStore) Resend(ctx context.Context, id int64, now time.Time) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Must(cloison.Errorf(cloison.Conflict, "the letter is neither doubtful nor failed, or its text is gone"),
			`UPDATE letter SET state = 'unsent', due = $1, made = $1, tries = 0, holder = '', settled = $3, reply = ''
			WHERE id = $2 AND state IN ('doubtful', 'failed') AND body <> ''`, now, id, Optional{})
	})
}

// Forget deletes old letters.
func (db LetterStore) Forget(ctx context.Context, before time.Time) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Run("DELETE FROM letter WHERE state IN ('sent', 'folded', 'failed', 'doubtful') AND made < $1", before)
	})
}

// Letter finds a letter.
func (db LetterStore) Letter(ctx context.Context, id int64) (letters.Letter, error) {
	return One(ctx, db.Engine, "letter", Into(letterDest), "SELECT "+letterColumns+" FROM letter WHERE id = $1", id)
}

// Letters lists the outbox, newest first.
func (db LetterStore) Letters(ctx context.Context, state letters.State, below int64, limit int) ([]letters.Letter, error) {
	return db.letters(ctx, "WHERE ($1 = '' OR state = $1) AND ($2::bigint = 0 OR id < $2) ORDER BY id DESC LIMIT $3",
		string(state), below, limit)
}

// Tally counts by state.
func (db LetterStore) Tally(ctx context.Context) (map[letters.State]int, error) {
	tally := map[letters.State]int{}
	err := db.Each(ctx, "SELECT state, count(*) FROM letter GROUP BY state", nil, func(row Row) error {
		var s string
		var n int
		err := row.Scan(&s, &n)
		tally[letters.State(s)] = n
		return err
	})
	return tally, err
}

// Bearers lists the active accounts with a role.
func (db LetterStore) Bearers(ctx context.Context, structure cloison.StructureID, role directory.Role, limit int) (
	[]directory.Account, error,
) {
	return db.accounts(ctx, "($1 = '' OR structure = $1) AND roles::int & $2 <> 0 AND state = $3 ORDER BY id LIMIT $4",
		string(structure), int64(role), int64(directory.Active), limit)
}
