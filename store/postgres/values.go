package postgres

import (
	"cloison"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"cloison/store/shared"
)

// encode turns arguments, in place, into what the schema holds: times to the millisecond, and NULL for one that is
// missing.
func encode(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case time.Time:
			args[i] = cloison.Timestamp(v)
		case shared.Optional:
			args[i] = orNull(time.Time(v))
		}
	}
	return args
}

// row is a row whose times are decoded, and whose errors are those of the contract.
type row struct {
	shared.Row
	fault func(error) error
}

// Scan reads the row.
func (r row) Scan(dest ...any) error {
	for i, d := range dest {
		if t, ok := d.(*time.Time); ok {
			dest[i] = (*moment)(t)
		}
	}
	err := r.Row.Scan(dest...)
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return r.fault(err)
}

// moment reads a time, NULL as the zero time.
type moment time.Time

// ScanTimestamptz reads a moment of a row.
func (m *moment) ScanTimestamptz(v pgtype.Timestamptz) error {
	*m = moment{}
	if v.Valid {
		*m = moment(v.Time.UTC())
	}
	return nil
}

// orNull is the timestamp for a column where the zero time is NULL.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = cloison.Timestamp(t)
	return &t
}
