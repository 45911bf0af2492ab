package imports

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/suggest"
)

// maxLine bounds a line in bytes, and so the memory that a hostile file can take.
const maxLine = 64 << 10

// Column is one column of a file.
type Column struct {
	Name     string
	Required bool // in each line, and in the header of a CSV file
}

// Lines reads one record a line. A broken line does not affect the next one: so a quoted CSV field may not span
// lines. No field of ours needs to.
type Lines struct {
	in      *bufio.Reader
	read    *countingReader
	Number  int // of the last line returned, from 1
	columns []Column
	split   func(line []byte, rec []string) (why string)
}

type countingReader struct {
	r     io.Reader
	bytes int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.bytes += int64(n)
	return n, err
}

// OpenLines reads the beginning of the file: its character set, its format and, of a CSV file, its header.
func OpenLines(r io.Reader, format Format, windows1252 bool, columns []Column) (*Lines, error) {
	l := &Lines{read: &countingReader{r: r}, columns: columns}
	raw := bufio.NewReaderSize(l.read, maxLine)
	head, err := raw.Peek(maxLine)
	if err != nil && err != io.EOF {
		return nil, cloison.Errorf(cloison.Unavailable, "read file: %w", err)
	}
	if len(head) == 0 {
		return nil, cloison.Errorf(cloison.Invalid, "the file is empty")
	}
	if err := checkCharset(head, windows1252); err != nil {
		return nil, err
	}
	if windows1252 {
		raw = bufio.NewReaderSize(charmap.Windows1252.NewDecoder().Reader(raw), maxLine)
	} else if bytes.HasPrefix(head, []byte("\ufeff")) {
		raw.Discard(len("\ufeff"))
	}
	l.in = raw
	if format == Auto {
		format = CSV
		if head, _ := raw.Peek(512); bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) {
			format = JSONL
		}
	}
	switch {
	case format == CSV:
		return l, l.header()
	case format != JSONL:
		return nil, cloison.Errorf(cloison.Invalid, "no such format%s", suggest.DidYouMean(string(format),
			[]string{string(CSV), string(JSONL)}))
	case windows1252:
		return nil, cloison.Errorf(cloison.Invalid, "JSON is UTF-8 (RFC 8259): convert the file, or export CSV")
	}
	l.split = newObjects(columns).split
	return l, nil
}

// checkCharset refuses a file whose beginning is surely not UTF-8. A single wrong byte is left to its line.
func checkCharset(head []byte, windows1252 bool) error {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}),
		bytes.IndexByte(head[:min(len(head), 64)], 0) >= 0:
		return cloison.Errorf(cloison.Invalid, "the file is UTF-16: save it as UTF-8 (in a spreadsheet: « CSV UTF-8 »)")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return cloison.Errorf(cloison.Invalid, "the file is a workbook or an archive: save the sheet as « CSV UTF-8 »")
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}), bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return cloison.Errorf(cloison.Invalid, "the file is compressed: decompress it first")
	}
	french, multi := 0, 0
	for b := head; len(b) > 0; {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1 && !utf8.FullRune(b): // the end of head cuts a character
		case r == utf8.RuneError && n == 1 && strings.IndexByte(frenchLetters, b[0]) >= 0:
			french++
		case n > 1:
			multi++
		}
		b = b[n:]
	}
	if windows1252 && multi > french {
		return cloison.Errorf(cloison.Invalid, "the file is UTF-8 already: import it without the Windows-1252 option")
	}
	if !windows1252 && french > multi {
		return cloison.Errorf(cloison.Invalid,
			"the file is in Windows-1252 or ISO 8859-1: save it as UTF-8, or ask for the conversion of a CSV file")
	}
	return nil
}

// frenchLetters are the letters of French beyond ASCII, and ’, as Windows-1252 and ISO 8859-1 write them.
const frenchLetters = "\xe0\xe2\xe4\xe6\xe7\xe8\xe9\xea\xeb\xee\xef\xf4\xf6\xf9\xfb\xfc" +
	"\xc0\xc2\xc4\xc6\xc7\xc8\xc9\xca\xcb\xce\xcf\xd4\xd6\xd9\xdb\xdc\x8c\x9c\x92"

// Next returns the next record that is not empty, in the order of the columns and valid until the next call; or why
// the line is refused; or io.EOF.
func (l *Lines) Next() (rec []string, why string, err error) {
	for {
		line, long, err := l.line()
		switch {
		case err != nil:
			return nil, "", err
		case long:
			return nil, "the line is longer than 65 536 bytes", nil
		case len(bytes.TrimSpace(line)) == 0:
			continue
		case !utf8.Valid(line):
			return nil, "the line is not valid UTF-8", nil
		}
		rec = make([]string, len(l.columns))
		if why := l.split(line, rec); why != "" {
			return nil, why, nil
		}
		for i, c := range l.columns {
			if rec[i] = strings.TrimSpace(rec[i]); rec[i] == "" && c.Required {
				return nil, c.Name + " is empty", nil
			}
			if strings.ContainsFunc(rec[i], directory.IsControl) {
				return nil, c.Name + " holds a control character", nil
			}
		}
		return rec, "", nil
	}
}

// line returns the next line without its end, valid until the next call.
func (l *Lines) line() (line []byte, long bool, err error) {
	line, err = l.in.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		line, err = l.in.ReadSlice('\n')
	}
	if err == io.EOF && (len(line) > 0 || long) {
		err = nil
	}
	l.Number++
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), long, err
}

func columnNames(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

func indexOf(columns []Column, name string) int {
	return slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
}

// nearestColumn returns the column that a wrong name probably means, or "". Messages name it instead of the wrong
// name.
func nearestColumn(name string, columns []Column) string {
	return suggest.Word(strings.ToLower(name), columnNames(columns))
}
