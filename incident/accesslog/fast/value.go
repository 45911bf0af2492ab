package fast

import (
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// Value is one value of a line.
type Value struct {
	Kind Kind
	Raw  []byte
}

// Kind says what a value is, and how Raw holds it.
type Kind uint8

const (
	Absent  Kind = iota // or null
	Text                // Raw is the text itself
	Quoted              // Raw is a JSON string with its quotes, without escapes
	Escaped             // Raw is a JSON string with its quotes, perhaps with escapes
	Number              // Raw is a JSON number, which is also its text
	Boolean             // Raw is true or false, which is also its text
	Array               // Raw is a JSON array
	Object              // Raw is a JSON object
)

// Plain returns the text of a value that is neither a list nor an object. It lives until scratch is used again.
func (v Value) Plain(scratch *[]byte) ([]byte, bool) {
	switch v.Kind {
	case Text, Number, Boolean:
		return v.Raw, true
	case Quoted:
		if inner := v.Raw[1 : len(v.Raw)-1]; utf8.Valid(inner) {
			return inner, true
		}
		fallthrough
	case Escaped:
		var s string
		if json.Unmarshal(v.Raw, &s) != nil {
			return nil, false
		}
		*scratch = append((*scratch)[:0], s...)
		return *scratch, true
	default:
		return nil, false
	}
}

// ValueOf classifies a valid JSON value without space around it; an empty one is Absent.
func ValueOf(raw []byte) Value {
	if len(raw) == 0 {
		return Value{}
	}
	return Value{kindOf(raw[0]), raw}
}

func kindOf(first byte) Kind {
	switch first {
	case '"':
		return Escaped
	case '{':
		return Object
	case '[':
		return Array
	case 't', 'f':
		return Boolean
	case 'n':
		return Absent
	default:
		return Number
	}
}

// Elements yields the values of a valid JSON array.
func Elements(raw []byte) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		b, end := raw, len(raw)
		if cap(b)-end < Padding {
			b = append(make([]byte, 0, end+Padding), b...)
		}
		b = b[:end+Padding]
		for p := space(b, 1, end); p < end && b[p] != ']'; {
			after := valueEnd(b, p, end, 1)
			if after < 0 || !yield(ValueOf(b[p:after])) {
				return
			}
			if p = space(b, after, end); p < end && b[p] == ',' {
				p = space(b, p+1, end)
			}
		}
	}
}
