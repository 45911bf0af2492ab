package mapping

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"cloison"
)

// Reading is what one pass over an answer finds: which persons are in it, which categories, and where. It holds no
// value.
type Reading struct {
	Persons  []Person
	elements []element
	values   []value
}

// Person is one person of an answer. Objects with the same id are the same person.
type Person struct {
	Ref    cloison.PersonRef
	Fields cloison.Fields // the categories with a value
}

// element is a span that is shown or withheld as one: the whole document, or an element of the persons' list with the
// comma and white space before it.
type element struct {
	start, end int
	list       int // which array, from 1; 0: the whole document
	person     int // index in persons, or nobody
}

const nobody = -1

// value is the span of one mapped value that is not empty.
type value struct {
	start, end int
	fields     cloison.Fields
	element    int
}

// shape describes an answer of a route.
type shape struct {
	root *node
	list bool // the persons stand in a list, whose elements are withheld one by one
}

// Reader reads answers, one at a time. A Reading is valid until the next call of Read.
//
// The tokens are jsontext's: RFC 8259 with the rules of RFC 7493 (UTF-8, no lone surrogate, no duplicate name), at most
// 10 000 levels. A scanner of our own was only a third faster.
type Reader struct {
	Reading
	tokens  *jsontext.Decoder
	source  *bytes.Buffer
	lists   int
	byRef   map[cloison.PersonRef]int
	current Person // the person being read
}

func NewReader() *Reader {
	source := new(bytes.Buffer)
	return &Reader{source: source, tokens: jsontext.NewDecoder(source), byRef: make(map[cloison.PersonRef]int)}
}

// Read finds every person in the answer, or the fault for which it cannot pass. It accepts one JSON document all of
// whose names are mapped. The answer must not change while the Reading is in use.
func (r *Reader) Read(e *Endpoint, answer []byte) (*Reading, *Fault) {
	r.Reading = Reading{Persons: r.Persons[:0], elements: r.elements[:0], values: r.values[:0]}
	clear(r.byRef)
	r.lists = 0
	*r.source = *bytes.NewBuffer(answer)
	r.tokens.Reset(r.source)
	if !e.shape.list {
		r.elements = append(r.elements, element{end: len(answer), person: nobody})
	}
	f := r.walk(e.shape.root)
	if f == nil {
		if _, err := r.tokens.ReadToken(); err != io.EOF {
			f = fault(Malformed)
		}
	}
	if f != nil && f.Kind == Malformed && !utf8.Valid(answer) {
		f.Kind = NotUTF8
	}
	if f != nil {
		return nil, f
	}
	return &r.Reading, nil
}

// syntax returns the fault behind an error of the tokenizer.
func syntax(err error) *Fault {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return fault(Truncated)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return fault(Duplicate)
	}
	return fault(Malformed)
}

// walk reads the next value as the node describes it.
func (r *Reader) walk(n *node) *Fault {
	if n.leaf() {
		return r.leaf(n)
	}
	switch kind := r.tokens.PeekKind(); {
	case kind == '{' && n.person:
		return r.person(n)
	case kind == '{' && n.names != nil:
		return r.object(n)
	case kind == '[' && n.element != nil:
		return r.array(n)
	case kind != 'n': // null passes anywhere
		if err := r.tokens.SkipValue(); err != nil {
			return syntax(err)
		}
		return fault(Shape)
	}
	if _, err := r.tokens.ReadToken(); err != nil {
		return syntax(err)
	}
	return nil
}

// object reads an object of which every member must be mapped.
func (r *Reader) object(n *node) *Fault {
	if _, err := r.tokens.ReadToken(); err != nil {
		return syntax(err)
	}
	for r.tokens.PeekKind() != '}' {
		quoted, err := r.tokens.ReadValue()
		if err != nil {
			return syntax(err)
		}
		name := unquote(quoted)
		child := n.names[string(name)]
		if child == nil {
			return fault(Unmapped).in(safeName(name))
		}
		if f := r.walk(child); f != nil {
			return f.in(child.step)
		}
	}
	_, err := r.tokens.ReadToken()
	if err != nil {
		return syntax(err)
	}
	return nil
}

// unquote returns the text of a valid JSON string: a part of quoted when there is no escape in it.
func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	text, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return nil // impossible: the tokenizer accepted it; an empty name or id is refused anyway
	}
	return text
}

// array reads an array, and keeps the span of each element when it is the persons' list.
func (r *Reader) array(n *node) *Fault {
	if _, err := r.tokens.ReadToken(); err != nil {
		return syntax(err)
	}
	if n.rows {
		r.lists++
	}
	for list := r.lists; r.tokens.PeekKind() != ']'; {
		if n.rows {
			r.elements = append(r.elements, element{start: r.offset(), list: list, person: nobody})
		}
		if f := r.walk(n.element); f != nil {
			return f.in(star)
		}
		if n.rows {
			r.elements[len(r.elements)-1].end = r.offset()
		}
	}
	if _, err := r.tokens.ReadToken(); err != nil {
		return syntax(err)
	}
	return nil
}

// offset is the end of the last token.
func (r *Reader) offset() int { return int(r.tokens.InputOffset()) }

// person reads one person's object.
func (r *Reader) person(n *node) *Fault {
	r.current = Person{}
	if f := r.object(n); f != nil {
		return f
	}
	if r.current.Ref.Check() != nil {
		return fault(NoID)
	}
	i, known := r.byRef[r.current.Ref]
	if !known {
		i = len(r.Persons)
		r.byRef[r.current.Ref] = i
		r.Persons = append(r.Persons, Person{Ref: r.current.Ref})
	}
	r.Persons[i].Fields |= r.current.Fields
	r.elements[len(r.elements)-1].person = i
	return nil
}

// leaf reads a mapped value: plain, the person's id, or of a category.
func (r *Reader) leaf(n *node) *Fault {
	raw, err := r.tokens.ReadValue()
	if err != nil {
		return syntax(err)
	}
	if n.id {
		if f := r.id(raw); f != nil {
			return f
		}
	}
	if n.fields != 0 && says(raw) {
		end := r.offset()
		r.current.Fields |= n.fields
		r.values = append(r.values,
			value{start: end - len(raw), end: end, fields: n.fields, element: len(r.elements) - 1})
	}
	return nil
}

// says reports whether a value is not empty: null, "", {} and [] are.
func says(raw []byte) bool {
	switch raw[0] {
	case 'n':
		return false
	case '"':
		return len(raw) > 2
	case '{', '[':
		return len(bytes.TrimSpace(raw[1:len(raw)-1])) > 0
	}
	return true
}

// id keeps a person's id: a string, or a whole number, whose digits are the reference.
func (r *Reader) id(raw []byte) *Fault {
	switch c := raw[0]; {
	case c == '"':
		r.current.Ref = cloison.PersonRef(unquote(raw))
	case c == 'n':
	case bytes.IndexFunc(raw, func(c rune) bool { return c != '-' && (c < '0' || c > '9') }) >= 0:
		return fault(NoID)
	default:
		r.current.Ref = cloison.PersonRef(raw)
	}
	return nil
}
