package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// Form is one form in which people type or choose: every such form of the pages is a line of the table below. It is
// written by one template, checked by one function before its act looks at it, and comes back as it was sent when a
// field is wrong (refilling.go).
type Form struct {
	Name   string
	Verb   signin.Verb // of its act; empty: its path has a handler of its own
	Kind   string      // sent beside the verb, of a verb that asks for several things
	Keeps  []string    // what the page fixes: the account or thing that the form is about
	Fields []Field
	Do     i18n.Key // the words of its button
	Look   string   // the class of it
	Filter bool     // it narrows what the page of its name shows: sent by GET, and nothing in it is needed
}

// Field is one thing to type or to choose.
type Field struct {
	Name     string
	Kind     FieldKind
	Label    i18n.Key // its words; empty: field.NAME
	Hint     i18n.Key // words that help, before the mistake
	Least    int      // characters
	Most     int      // characters
	Optional bool
	Preset   bool           // the first choice stands for who chooses none
	Secret   bool           // never shown again
	Filled   string         // what the browser may fill in by itself; empty: nothing
	Codes    []string       // of a choice: those of the catalogue, reason.CODE
	Who      directory.Role // asked of these alone; zero: of everybody
	About    []string       // the refusals that are about what was typed here
}

// Since and Until are fields that narrow a list to a time.
func Since(label i18n.Key) Field {
	return Field{Name: "since", Kind: Moment, Optional: true, Label: label}
}
func Until(label i18n.Key) Field {
	return Field{Name: "until", Kind: Moment, Optional: true, Label: label}
}

// FieldKind is how a field is shown and what may be in it.
type FieldKind string

const (
	Text            FieldKind = "text"
	Email           FieldKind = "email"
	Moment          FieldKind = "moment" // a day and a time
	Day             FieldKind = "day"
	Prose           FieldKind = "prose"  // some lines
	Choice          FieldKind = "choice" // one of a list
	Ticks           FieldKind = "ticks"  // any of a list
	Radio           FieldKind = "radio"  // one of a list, all seen
	Upload          FieldKind = "file"
	OneAccount      FieldKind = "account"  // the identifier of one
	SeveralAccounts FieldKind = "accounts" // of several
	Table           FieldKind = "table"    // a choice in each line of a table, which the page writes itself
)

// has reports whether the form asks that viewer for the field.
func (f Form) has(name string, v Viewer) bool {
	return slices.ContainsFunc(f.Fields, func(fd Field) bool { return fd.Name == name && fd.asks(v) })
}

// Words is what the field is called.
func (fd Field) Words() i18n.Key { return cmp.Or(fd.Label, Family("field.").Of(fd.Name)) }

func (fd Field) asks(v Viewer) bool { return fd.Who == 0 || v.Has(fd.Who) }

// Fault is a field that is wrong, and why.
type Fault struct {
	Field  string
	Why    FaultKind
	Code   string // of the refusal that is about it
	Params i18n.Params
}

// FaultKind is a part of a key of the catalogue; empty: what is in the field is not what is wanted.
type FaultKind string

const (
	Missing  FaultKind = "missing"
	TooLong  FaultKind = "long"
	TooShort FaultKind = "short"
)

// Check looks at the form as it was sent by itself: what is missing, too long, or of another form.
func (f Form) Check(sent url.Values, v Viewer, zone *time.Location) (wrong []Fault) {
	for _, fd := range f.Fields {
		typed := strings.TrimSpace(strings.Join(sent[fd.Name], ","))
		n := utf8.RuneCountInString(typed)
		switch {
		case !fd.asks(v):
		case strings.Trim(typed, ",") == "" && !fd.Optional:
			wrong = append(wrong, Fault{Field: fd.Name, Why: Missing})
		case typed == "":
		case fd.Most > 0 && n > fd.Most:
			wrong = append(wrong, Fault{Field: fd.Name, Why: TooLong, Params: i18n.Params{"most": fd.Most, "n": n}})
		case n < fd.Least:
			wrong = append(wrong, Fault{Field: fd.Name, Why: TooShort, Params: i18n.Params{"least": fd.Least, "n": n}})
		case !fd.takes(typed, zone):
			wrong = append(wrong, Fault{Field: fd.Name})
		}
	}
	return wrong
}

// CheckForm looks at a form that its page reads itself, as it was sent.
func (s *Site) CheckForm(name string, sent url.Values, v Viewer) error {
	if wrong := s.forms[name].Check(sent, v, s.Zone); len(wrong) > 0 {
		return BadFields(wrong)
	}
	return nil
}

// takes reports whether what was typed has the form of the field.
func (fd Field) takes(typed string, zone *time.Location) bool {
	switch {
	case !utf8.ValidString(typed), fd.Kind == Text && strings.ContainsFunc(typed, unseen):
		return false
	case fd.Kind == Email:
		return isEmail(typed)
	case fd.Kind == Moment, fd.Kind == Day:
		_, err := ParseMoment(typed, zone)
		return err == nil
	}
	for _, id := range identifiers(typed) {
		if _, err := cloison.ParseAccountID(id); err != nil && (fd.Kind == OneAccount || fd.Kind == SeveralAccounts) {
			return false
		}
	}
	return len(fd.Codes) == 0 || slices.Contains(fd.Codes, typed)
}

// identifiers are those that somebody typed one behind the other.
func identifiers(typed string) []string {
	return strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}

// unseen are the signs that a screen does not show as themselves: a line that they are in may read as another.
func unseen(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// isEmail keeps out what surely is no address; only the mail server knows the rest.
func isEmail(s string) bool {
	local, host, at := strings.Cut(s, "@")
	return at && local != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t\r\n<>,;\"") && !strings.Contains(host, "@")
}

// BadField says which field of a form is wrong. Its label is field.NAME; fault.NAME, if there is one, says what is
// wanted.
func BadField(name string) error { return BadFields([]Fault{{Field: name}}) }

// Unknown says that there is no such thing as was typed in the field.
func Unknown(name string) error {
	return &cloison.Error{Kind: cloison.NotFound, Err: &refused{code: "not_found", wrong: []Fault{{Field: name}}}}
}

// BadFields says it of several.
func BadFields(wrong []Fault) error {
	return &cloison.Error{Kind: cloison.Invalid, Err: &refused{code: "field", params: i18n.Params{"field": Family("field.").Of(wrong[0].Field)}, wrong: wrong}}
}
