package exposure

import (
	"bytes"
	"io"
	"strconv"
	"time"
)

// WriteCSV writes a header and one line for each person × account, ordered by person then account: person, account,
// fields and how (joined by commas), first and last (RFC 3339, UTC), times, class. It needs no memory for each line.
//
// A spreadsheet must not run what a person's name says: a cell that begins with = + - @ ' a tab or a carriage return
// gets one ' in front. A program that reads the file back removes one leading ' and has the exact text.
func (r *Roll) WriteCSV(w io.Writer) error {
	const full = 1 << 16
	out := append(make([]byte, 0, full+4096), "person,account,fields,first,last,times,class,how\n"...)
	fields, hows := nameSets{names: r.fields}, nameSets{names: r.hows}
	var text []byte
	cell := func(s string) {
		text = append(text[:0], s...)
		out = append(appendCell(out, text), ',')
	}
	for sh, e := range r.table.ordered(r.accounts) {
		out = append(appendCell(out, sh.name(e)), ',')
		cell(r.accounts[e.account])
		cell(fields.of(e.fields).joined)
		if e.proven() {
			out = instant(e.first).AppendFormat(out, time.RFC3339Nano)
		}
		out = append(out, ',')
		if e.proven() {
			out = instant(e.last).AppendFormat(out, time.RFC3339Nano)
		}
		out = strconv.AppendUint(append(out, ','), uint64(e.times), 10)
		out = append(append(append(out, ','), e.class()...), ',')
		cell(hows.of(uint64(e.hows)).joined)
		out[len(out)-1] = '\n'
		if len(out) >= full {
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	_, err := w.Write(out)
	return err
}

// appendCell writes one cell, inert and quoted where RFC 4180 wants it.
func appendCell(to, cell []byte) []byte {
	inert := len(cell) > 0 && bytes.IndexByte([]byte("=+-@'\t\r"), cell[0]) >= 0
	if !bytes.ContainsAny(cell, "\",\r\n") && (len(cell) == 0 || cell[0] != ' ') {
		if inert {
			to = append(to, '\'')
		}
		return append(to, cell...)
	}
	to = append(to, '"')
	if inert {
		to = append(to, '\'')
	}
	for _, c := range cell {
		if c == '"' {
			to = append(to, '"')
		}
		to = append(to, c)
	}
	return append(to, '"')
}
