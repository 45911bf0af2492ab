package imports

import (
	"bytes"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// objects splits JSON lines, one object each; its members are the columns. A value is a string, null for an empty one
// or, for several words such as roles, an array of strings. A name that comes twice is an error (RFC 8259, section 4,
// leaves it open).
type objects struct {
	columns []Column
	dec     *jsontext.Decoder
	in      bytes.Reader
}

func newObjects(columns []Column) *objects {
	o := &objects{columns: columns}
	o.dec = jsontext.NewDecoder(&o.in)
	return o
}

const notJSON = "the line is not one JSON object"

func (o *objects) split(line []byte, rec []string) string {
	o.in.Reset(line)
	o.dec.Reset(&o.in)
	if t, err := o.dec.ReadToken(); err != nil || t.Kind() != '{' {
		return notJSON
	}
	for {
		t, err := o.dec.ReadToken()
		switch {
		case err != nil:
			return notJSON + ", or a name in it comes twice"
		case t.Kind() == '}':
			if _, err := o.dec.ReadToken(); err != io.EOF {
				return notJSON
			}
			return ""
		}
		name := t.String()
		c := indexOf(o.columns, name)
		if c < 0 {
			if n := nearestColumn(name, o.columns); n != "" {
				return `a name is unknown: did you mean "` + n + `"?`
			}
			return "a name is unknown: want " + strings.Join(columnNames(o.columns), ",")
		}
		if why := o.value(&rec[c]); why != "" {
			return o.columns[c].Name + why
		}
	}
}

func (o *objects) value(into *string) string {
	t, err := o.dec.ReadToken()
	if err != nil {
		return ": " + notJSON
	}
	switch t.Kind() {
	case '"':
		*into = t.String()
		return ""
	case 'n':
		return ""
	case '[':
	default:
		return " must be a string"
	}
	var words []string
	for {
		t, err := o.dec.ReadToken()
		switch {
		case err != nil:
			return ": " + notJSON
		case t.Kind() == ']':
			*into = strings.Join(words, ",")
			return ""
		case t.Kind() != '"':
			return " must hold strings"
		}
		words = append(words, t.String())
	}
}
