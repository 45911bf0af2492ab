package sqlite

import (
	"encoding/json"
	"regexp"
	"time"

	"cloison"
	"cloison/store/shared"
)

// dialect puts the texts of store/shared into SQLite's words. No column of the schema is NULL: a time that is missing
// is zero. A writer holds the whole file, so that no row needs a lock. E-mail addresses are compared by a collation,
// which has an index.
var dialect = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`::[a-z]+(\[\])?`), ""},
	{regexp.MustCompile(` IS NULL\b`), " = 0"},
	{regexp.MustCompile(` IS NOT NULL\b`), " <> 0"},
	{regexp.MustCompile(`\s+FOR (NO KEY UPDATE|UPDATE|SHARE)( SKIP LOCKED)?`), ""},
	{regexp.MustCompile(`= ANY\((\$\d+)\)`), "IN (SELECT value FROM json_each($1))"},
	{regexp.MustCompile(`lower\(([^()]+)\) = lower\(([^()]+)\)`), "$1 = $2 COLLATE NOCASE"},
	{regexp.MustCompile(`\bgreatest\(`), "max("},
	{regexp.MustCompile(`\bstrpos\(`), "instr("},
	{regexp.MustCompile(` COLLATE "C"`), ""},
}

func translate(query string) string {
	for _, word := range dialect {
		query = word.from.ReplaceAllString(query, word.to)
	}
	return query
}

// encode turns arguments, in place, into what the schema holds: a time is Unix milliseconds, a list is JSON.
func encode(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case time.Time:
			args[i] = millis(v)
		case shared.Optional:
			args[i] = millis(time.Time(v))
		case []string:
			args[i] = listText(v)
		case []int64:
			args[i] = listText(v)
		}
	}
	return args
}

// listText is a list of numbers or texts as JSON, which never fails.
func listText(list any) string {
	b, _ := json.Marshal(list)
	return string(b)
}

// decode turns destinations, in place, into ones that read what encode writes.
func decode(dest []any) []any {
	for i, d := range dest {
		switch v := d.(type) {
		case *time.Time:
			dest[i] = (*moment)(v)
		case *[]string:
			dest[i] = &texts{v}
		}
	}
	return dest
}

// moment is a time as the schema keeps it: Unix milliseconds, 0 for the zero time.
type moment time.Time

// Scan reads a moment of a row; an outer join has NULL.
func (m *moment) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m = moment{}
	case int64:
		*m = moment(instant(v))
	default:
		return cloison.Errorf(cloison.Internal, "reading a time: it is stored as %T, want an integer", v)
	}
	return nil
}

// texts is a list of texts as the schema keeps it.
type texts struct{ list *[]string }

// Scan reads the list of a row.
func (t *texts) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return cloison.Errorf(cloison.Internal, "reading a list: it is stored as %T, want a text", v)
	}
	return json.Unmarshal([]byte(s), t.list)
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
