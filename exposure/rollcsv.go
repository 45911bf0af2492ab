package exposure

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes a header and one line for each person × account, ordered by person then account: person, account,
// fields and how (joined by commas), first and last (RFC 3339, UTC), times, class.
//
// A spreadsheet must not run what a person's name says: a cell that begins with = + - @ ' a tab or a carriage return
// gets one ' in front. A program that reads the file back removes one leading ' and has the exact text.
func (r *Roll) WriteCSV(w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	c := csv.NewWriter(buffered)
	line := []string{"person", "account", "fields", "first", "last", "times", "class", "how"}
	if err := c.Write(line); err != nil {
		return err
	}
	for e := range r.Entries() {
		line = append(line[:0], inert(string(e.Person)), inert(e.Account), inert(strings.Join(e.Fields, ",")), stamp(e.First),
			stamp(e.Last), strconv.FormatInt(e.Times, 10), string(e.Class), inert(strings.Join(e.How, ",")))
		if err := c.Write(line); err != nil {
			return err
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	return buffered.Flush()
}

func inert(cell string) string {
	if cell != "" && strings.IndexByte("=+-@'\t\r", cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}
