package ledger

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"cloison"
)

// Retention is the log's statement that rows have reached the end of their retention: those below From may have been
// dropped. All of them are older than Before. It takes the log's key to make one, so that rows that are missing without
// it are found missing.
type Retention struct {
	Origin string    `json:"origin"`
	From   int64     `json:"from"`   // the first row that must be there
	Before time.Time `json:"before"` // what was older has reached its end
	At     time.Time `json:"at"`     // when it was signed, by the writer's clock
}

// RetentionFile is where the log's directory holds the statement; before the first one there is none.
const RetentionFile = "retention"

const (
	retentionHead = "cloison/retention/v1"
	retentionTime = "2006-01-02T15:04:05.000Z"
)

// String returns the statement's text, the part that is signed.
func (r Retention) String() string {
	return r.Origin + "\n" + retentionHead + "\n" + strconv.FormatInt(r.From, 10) + "\n" + r.Before.UTC().Format(retentionTime) + "\n" +
		r.At.UTC().Format(retentionTime) + "\n"
}

// ParseRetention reads a statement's text, without checking who signed it.
func ParseRetention(text string) (Retention, error) {
	bad := func(what string) (Retention, error) {
		return Retention{}, cloison.Errorf(cloison.Invalid, "not a statement of retention: %s", what)
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(text) > maxCheckpoint || !strings.HasSuffix(text, "\n") || len(lines) != 5 || lines[0] == "" || lines[1] != retentionHead {
		return bad("it needs an origin, " + retentionHead + ", a number and two times")
	}
	from, err := strconv.ParseInt(lines[2], 10, 64)
	if err != nil || from < 1 || strconv.FormatInt(from, 10) != lines[2] {
		return bad("the row's number is not a plain decimal number from 1")
	}
	r := Retention{Origin: lines[0], From: from}
	for i, t := range []*time.Time{&r.Before, &r.At} {
		if *t, err = time.Parse(retentionTime, lines[3+i]); err != nil {
			return bad("a time is not in UTC with milliseconds")
		}
	}
	if r.String() != text {
		return bad("it is not in canonical form")
	}
	return r, nil
}

// OpenRetention verifies a signed statement by the log's key, whose name its origin must be, and returns what it says.
func OpenRetention(signed []byte, key note.Verifier) (Retention, error) {
	text, err := openNote(signed, key)
	if err != nil {
		return Retention{}, cloison.Errorf(cloison.Invalid, "opening the statement of retention: %w", err)
	}
	r, err := ParseRetention(text)
	if err == nil && r.Origin != key.Name() {
		err = cloison.Errorf(cloison.Invalid, "opening the statement of retention: it is of the log %q, want %q", r.Origin, key.Name())
	}
	return r, err
}

// Retained reads the statement out of the log's directory; the zero Retention when there is none.
func Retained(log fs.FS, key note.Verifier) (Retention, error) {
	signed, err := readBounded(log, RetentionFile, maxCheckpoint)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Retention{}, nil
	case err != nil:
		return Retention{}, cloison.Errorf(cloison.Unavailable, "reading the statement of retention: %w", err)
	}
	return OpenRetention(signed, key)
}
