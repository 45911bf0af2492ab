package mapping

import "strings"

// Fault says why an answer of the tool is refused, and where. It never holds a value of the answer: its path has names
// of the mapping, and names that look like a program's and not like data.
type Fault struct {
	Kind FaultKind
	path []string // innermost first
}

// FaultKind is the stable code of a refused answer: a metric's label and a log's attribute.
type FaultKind string

const (
	TooLarge    FaultKind = "too_large"   // more bytes than the route's max_answer
	Truncated   FaultKind = "truncated"   // the document ends too early
	Malformed   FaultKind = "malformed"   // not JSON (RFC 8259), or something follows the document
	Duplicate   FaultKind = "duplicate"   // an object has the same name twice
	NotUTF8     FaultKind = "not_utf8"    // declared or written in another encoding
	NotJSON     FaultKind = "not_json"    // another media type, or a content coding
	Unmapped    FaultKind = "unmapped"    // a name that the mapping does not hold
	Shape       FaultKind = "shape"       // a scalar, an array or an object where the mapping says another
	NoID        FaultKind = "no_id"       // a person without a usable id
	Status      FaultKind = "status"      // a status that may not carry a person's data
	Unreachable FaultKind = "unreachable" // no answer, or none in time
	Location    FaultKind = "location"    // a redirect to another site
	Inexact     FaultKind = "inexact"     // the decision is not about the persons of the answer: a fault of Cloison
)

func fault(why FaultKind) *Fault { return &Fault{Kind: why} }

// in adds the step above: a name, or "[*]".
func (f *Fault) in(step string) *Fault {
	f.path = append(f.path, step)
	return f
}

// Path is where the fault is, as the mapping writes it: $.resultats[*].nom.
func (f *Fault) Path() string {
	var b strings.Builder
	b.WriteByte('$')
	for i := len(f.path) - 1; i >= 0; i-- {
		if f.path[i] != star {
			b.WriteByte('.')
		}
		b.WriteString(f.path[i])
	}
	return b.String()
}

func (f *Fault) Error() string {
	return "read answer: " + string(f.Kind) + " at " + f.Path()
}

// safeName returns the name of a member as the log may hold it. Names can be data (an object whose names are e-mail
// addresses or numbers), so that only short words of letters, "-", "_" and at most two digits are shown.
func safeName(n []byte) string {
	digits := 0
	for _, c := range n {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', c == '_', c == '-':
		case '0' <= c && c <= '9':
			digits++
		default:
			return "?"
		}
	}
	if len(n) == 0 || len(n) > 32 || digits > 2 {
		return "?"
	}
	return string(n)
}
