package imports

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"

	"cloison"
)

// records splits CSV lines. Lines without a quote, which are nearly all, are cut at the separator; the others go
// through encoding/csv, one line at a time.
type records struct {
	comma    byte
	columnOf []int // for each field of the file, its column
	quoted   *csv.Reader
	one      oneLine
}

// oneLine gives one line to a csv.Reader and then ends, until it is given the next one.
type oneLine struct{ rest []byte }

func (o *oneLine) Read(p []byte) (int, error) {
	if len(o.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

// header reads the first line, and finds the separator and the order of the columns.
func (l *Lines) header() error {
	line, long, err := l.line()
	for err == nil && !long && len(bytes.TrimSpace(line)) == 0 {
		line, long, err = l.line()
	}
	if err != nil || long {
		return cloison.Errorf(cloison.Invalid, "the file has no header line: want %s",
			strings.Join(columnNames(l.columns), ","))
	}
	names, comma := splitHeader(line, l.columns)
	place := make([]int, len(names))
	seen := make([]bool, len(l.columns))
	for i, name := range names {
		c := indexOf(l.columns, name)
		switch {
		case c < 0 && nearestColumn(name, l.columns) != "":
			return cloison.Errorf(cloison.Invalid, "line %d: column %d is unknown: did you mean %q?", l.Number, i+1,
				nearestColumn(name, l.columns))
		case c < 0:
			return cloison.Errorf(cloison.Invalid, "line %d: column %d is unknown: the header may hold %s", l.Number,
				i+1, strings.Join(columnNames(l.columns), ","))
		case seen[c]:
			return cloison.Errorf(cloison.Invalid, "line %d: column %q comes twice", l.Number, l.columns[c].Name)
		}
		place[i], seen[c] = c, true
	}
	for i, c := range l.columns {
		if c.Required && !seen[i] {
			return cloison.Errorf(cloison.Invalid, "line %d: column %q is missing", l.Number, c.Name)
		}
	}
	l.split = newRecords(comma, place).split
	return nil
}

// splitHeader cuts the header at the separator that finds the most columns.
func splitHeader(line []byte, columns []Column) (names []string, comma byte) {
	best := -1
	for _, c := range []byte{',', ';', '\t'} {
		fields := strings.Split(string(line), string(c))
		known := 0
		for i, f := range fields {
			f = strings.ToLower(strings.TrimSpace(f))
			if len(f) >= 2 && f[0] == '"' && f[len(f)-1] == '"' {
				f = f[1 : len(f)-1]
			}
			fields[i] = f
			if indexOf(columns, f) >= 0 {
				known++
			}
		}
		if known > best {
			best, names, comma = known, fields, c
		}
	}
	return names, comma
}

func newRecords(comma byte, place []int) *records {
	r := &records{comma: comma, columnOf: place}
	r.quoted = csv.NewReader(&r.one)
	r.quoted.Comma = rune(comma)
	r.quoted.FieldsPerRecord = -1
	r.quoted.ReuseRecord = true
	return r
}

const wrongCount = "the line has another number of fields than the header"

func (r *records) split(line []byte, rec []string) string {
	if bytes.IndexByte(line, '"') >= 0 {
		return r.splitQuoted(line, rec)
	}
	rest := string(line)
	for i, c := range r.columnOf {
		end := strings.IndexByte(rest, r.comma)
		if last := i == len(r.columnOf)-1; last != (end < 0) {
			return wrongCount
		} else if last {
			end = len(rest)
		}
		rec[c] = rest[:end]
		rest = rest[min(end+1, len(rest)):]
	}
	return ""
}

func (r *records) splitQuoted(line []byte, rec []string) string {
	r.one.rest = line
	fields, err := r.quoted.Read()
	r.one.rest = nil
	switch {
	case err != nil:
		return `a quote is not where RFC 4180 wants it: a quoted field ends on its line, and a quote in it is written ""`
	case len(fields) != len(r.columnOf):
		return wrongCount
	}
	for i, c := range r.columnOf {
		rec[c] = fields[i]
	}
	return ""
}
