package accesslog

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"

	"cloison"
	"cloison/incident/accesslog/fast"
)

// csvLines reads CSV as encoding/csv does, without lazy quotes, with one difference: of a broken record only the first
// line is lost, and reading goes on at the next, so that a quote that never closes does not hide the rest of the log.
type csvLines struct {
	comma   byte
	columns *columns
	cells   [wants]cell
	scratch [wants][]byte
}

// cell is the inside of a cell as it was written; odd when doubled quotes or line ends in it are still to be resolved.
type cell struct {
	raw []byte
	odd bool
}

// columns is where the header of a file has the wanted cells.
type columns struct {
	count int
	of    [wants]int // -1: not wanted
}

// readHeader finds the wanted columns; its error names the missing one.
func readHeader(header []byte, comma byte, p *compiledMap) (*columns, error) {
	r := csv.NewReader(bytes.NewReader(header))
	r.Comma = rune(comma)
	names, err := r.Read()
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "the header: not CSV: %w", err)
	}
	c := &columns{count: len(names)}
	for want, name := range p.wanted() {
		c.of[want] = -1
		if name == "" {
			continue
		}
		c.of[want] = slices.Index(names, name)
		if c.of[want] < 0 {
			return nil, cloison.Errorf(cloison.Invalid, "the header: no column %q; %s; is the delimiter right?",
				name, didYouMean(name, names))
		}
		if slices.Contains(names[c.of[want]+1:], name) {
			return nil, cloison.Errorf(cloison.Invalid, "the header: the column %q is there twice", name)
		}
	}
	return c, nil
}

func (c *csvLines) parse(line []byte) string {
	c.cells = [wants]cell{}
	column := 0
	for rest, more := line, true; more; column++ {
		var found cell
		if len(rest) > 0 && rest[0] == '"' {
			var ok bool
			if found, rest, more, ok = quotedCell(rest, c.comma); !ok {
				return "not CSV: a quote that does not close, or text after it"
			}
		} else {
			n := bytes.IndexByte(rest, c.comma)
			if more = n >= 0; more {
				found.raw, rest = rest[:n], rest[n+1:]
			} else {
				found.raw = rest
			}
			if bytes.IndexByte(found.raw, '"') >= 0 {
				return "not CSV: a quote inside a cell that is not quoted"
			}
		}
		for want, at := range c.columns.of {
			if at == column {
				c.cells[want] = found
			}
		}
	}
	if column != c.columns.count {
		return "not like the header: another number of cells"
	}
	return ""
}

// get makes a value of a cell. A person or fields cell may hold a JSON array.
func (c *csvLines) get(want int) fast.Value {
	if c.columns.of[want] < 0 {
		return fast.Value{}
	}
	raw := c.cells[want].raw
	if c.cells[want].odd {
		s := bytes.ReplaceAll(raw, []byte(`""`), []byte(`"`))
		c.scratch[want] = append(c.scratch[want][:0], bytes.ReplaceAll(s, []byte("\r\n"), []byte("\n"))...)
		raw = c.scratch[want]
	}
	if (want == wantPerson || want == wantFields) && len(raw) > 1 && raw[0] == '[' && json.Valid(raw) {
		return fast.Value{Kind: fast.Array, Raw: bytes.TrimRight(raw, " \t\r\n")}
	}
	return fast.Value{Kind: fast.Text, Raw: raw}
}

// quotedCell cuts a cell that begins with a quote off a complete record; ok is false when the quote does not close or
// something other than a comma follows.
func quotedCell(b []byte, comma byte) (found cell, rest []byte, more, ok bool) {
	end := closing(b)
	if end < 0 {
		return cell{}, nil, false, false
	}
	found.raw, rest = b[1:end], b[end+1:]
	found.odd = bytes.IndexByte(found.raw, '"') >= 0 || bytes.IndexByte(found.raw, '\r') >= 0
	if len(rest) == 0 {
		return found, nil, false, true
	}
	return found, rest[1:], true, rest[0] == comma
}

// closing returns where the quote that opens b closes; -1 when it does not.
func closing(b []byte) int {
	for i := 1; ; i += 2 {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		if i += n; i+1 == len(b) || b[i+1] != '"' {
			return i
		}
	}
}

// nextCSV returns where the record at p ends, line end included; -1 when the data must go on to know. Final says that
// the data ends with a record. A broken or endless record ends with its first line.
func nextCSV(data []byte, p int, comma byte, final bool, limit int) int {
	first := nextLine(data, p, final)
	if first < 0 || bytes.IndexByte(data[p:first], '"') < 0 {
		return first
	}
	for i := p; ; {
		if i == len(data) || data[i] != '"' {
			// An unquoted cell: it ends at a comma, or with the line and the record.
			end := nextLine(data, i, final)
			if end < 0 {
				return -1
			}
			n := bytes.IndexByte(data[i:end], comma)
			last := n < 0
			if last {
				n = end - i
			}
			if bytes.IndexByte(data[i:i+n], '"') >= 0 {
				return first
			}
			if last {
				return within(p, end, first, limit)
			}
			i += n + 1
			continue
		}
		n := closing(data[i:])
		if n < 0 || i+n+1 == len(data) {
			if !final {
				return -1
			}
			if n < 0 {
				return first
			}
			return within(p, len(data), first, limit)
		}
		if i += n + 1; data[i] == comma {
			i++
			continue
		}
		end := nextLine(data, i, final)
		switch {
		case end < 0:
			return -1
		case len(bytes.TrimRight(data[i:end], "\r\n")) == 0 && end-i <= 2:
			return within(p, end, first, limit)
		default:
			return first
		}
	}
}

// within refuses records longer than the limit.
func within(from, end, first, limit int) int {
	if end-from > limit {
		return first
	}
	return end
}
