// Package cloison is the vocabulary of Cloison: the words that every stage shares, and nothing that acts.
//
// Cloison (French for a ship's bulkhead) stands between the agents of partner bodies and the business tools that hold
// people's files. It keeps one stolen account from becoming a million-person breach, and when an account is stolen
// anyway it says exactly whose data was read, and cuts the account off with all that it created.
//
// Two flows tell the whole program, and a third the people in it. Each has a document that walks it file by file:
//
//   - docs/concepts/one-disclosure.md: gateway → signin → directory → the tool → disclose (policy, limits, rows) → the
//     answer → seal;
//   - docs/concepts/one-incident.md: rows → watch → contain → exposure;
//   - docs/concepts/one-account.md: proposal → approval → code in person → training → the desk → review → the end.
//
// The rooms, from left to right: rules, ledger, access, wall, incident, console and store, internal, cmd. A package
// imports only rooms to its left. docs/glossary.md says what each word means, docs/ARCHITECTURE.md where each task is done.
package cloison

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// AccountID names one account (habilitation). It is random, positive and below 2^60, so that its text has always twelve
// characters; zero is no account. The text form is "a" followed by Crockford base32 in lower case, as in a0h3m9k2x7qre.
type AccountID int64

// SessionID names one session in rows and logs. It is not the secret in the browser's cookie and opens nothing.
type SessionID int64

// ActID names one act that a passkey approves, one proposal, one cover or one cut.
type ActID int64

// StructureID is the code of a partner body in the operator's own referential, at most 32 characters, as imported.
type StructureID string

// PersonRef names a person (usager) as the business tool does; it is personal data. Compare it only within one tool.
type PersonRef string

// Caller is who asks for an act: an account, and the session it asks in. The zero Caller is nobody and may do nothing.
type Caller struct {
	Account  AccountID
	Session  SessionID
	operator bool
}

// Operator is the caller at the command line of the machine that holds the database, who could do the act by hand
// anyway. It has no account, so acts that need a person of the directory deny it.
func Operator() Caller { return Caller{operator: true} }

// IsOperator reports whether c came from [Operator]. No decoded or zero Caller is one.
func (c Caller) IsOperator() bool { return c.operator }

const (
	idBits     = 60
	idTextLen  = 12
	crockford  = "0123456789abcdefghjkmnpqrstvwxyz"
	maxPersons = 64 // characters in a PersonRef
)

// NewAccountID returns a fresh random AccountID.
func NewAccountID() AccountID { return AccountID(randomID()) }

// NewSessionID returns a fresh random SessionID.
func NewSessionID() SessionID { return SessionID(randomID()) }

// NewActID returns a fresh random ActID.
func NewActID() ActID { return ActID(randomID()) }

func randomID() int64 {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails: crypto/rand ends the program instead
		if id := int64(binary.BigEndian.Uint64(b[:]) >> (64 - idBits)); id != 0 {
			return id
		}
	}
}

func formatID(prefix byte, id int64) string {
	if id <= 0 || id >= 1<<idBits {
		return string(prefix) + "-"
	}
	text := [1 + idTextLen]byte{prefix}
	for i := idTextLen; i > 0; i-- { // 5 bits a character; each disclosure writes some ids
		text[i] = crockford[id&31]
		id >>= 5
	}
	return string(text[:])
}

func parseID(prefix byte, kind, s string) (int64, error) {
	if len(s) != 1+idTextLen || s[0] != prefix {
		return 0, Errorf(Invalid, "%q is not %s: want %q and %d characters", s, kind, string(prefix), idTextLen)
	}
	var id int64
	for i := 1; i < len(s); i++ { // a page over the whole network reads tens of thousands
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		digit := strings.IndexByte(crockford, c)
		if digit < 0 {
			return 0, Errorf(Invalid, "%q is not %s: a character is not base32", s, kind)
		}
		id = id<<5 | int64(digit)
	}
	if id == 0 {
		return 0, Errorf(Invalid, "%q is not %s", s, kind)
	}
	return id, nil
}

func (id AccountID) String() string { return formatID('a', int64(id)) }
func (id SessionID) String() string { return formatID('s', int64(id)) }
func (id ActID) String() string     { return formatID('n', int64(id)) }

// MarshalText makes ids appear in JSON in their text form. The zero id is the empty text.
func (id AccountID) MarshalText() ([]byte, error) { return marshalID(int64(id), id.String()) }
func (id SessionID) MarshalText() ([]byte, error) { return marshalID(int64(id), id.String()) }
func (id ActID) MarshalText() ([]byte, error)     { return marshalID(int64(id), id.String()) }

func marshalID(id int64, s string) ([]byte, error) {
	if id == 0 {
		return nil, nil
	}
	return []byte(s), nil
}

func (id *AccountID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseAccountID(string(b))
	return
}
func (id *SessionID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseSessionID(string(b))
	return
}
func (id *ActID) UnmarshalText(b []byte) (err error) { *id, err = ParseActID(string(b)); return }

// ParseAccountID reads the text form; the empty text is the zero id.
func ParseAccountID(s string) (AccountID, error) {
	if s == "" {
		return 0, nil
	}
	id, err := parseID('a', "an account id", s)
	return AccountID(id), err
}

// ParseSessionID reads the text form; the empty text is the zero id.
func ParseSessionID(s string) (SessionID, error) {
	if s == "" {
		return 0, nil
	}
	id, err := parseID('s', "a session id", s)
	return SessionID(id), err
}

// ParseActID reads the text form; the empty text is the zero id.
func ParseActID(s string) (ActID, error) {
	if s == "" {
		return 0, nil
	}
	id, err := parseID('n', "an act id", s)
	return ActID(id), err
}

// Check says whether the reference is usable as a person's name in rows: 1 to 64 characters, none below U+0020.
func (p PersonRef) Check() error {
	if len(p) == 0 || len(p) > maxPersons {
		return InvalidField("person", "a person's reference has %d bytes: want 1 to %d", len(p), maxPersons)
	}
	for i := range len(p) {
		if p[i] < 0x20 || p[i] == 0x7f {
			return InvalidField("person", "a person's reference holds a control character")
		}
	}
	return nil
}

// Format redacts: a person's reference never reaches a log or an error by accident. Reveal it with string(p).
func (p PersonRef) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// Value stores the reference as text; without it drivers would call Format.
func (p PersonRef) Value() (driver.Value, error) { return string(p), nil }

// Fields is a set of categories of personal data, one bit each. The bits are part of the ledger's format: a category is
// never renumbered. The names are those of the config, the rows and every JSON document; the categories follow the list
// of the European common breach form (reference: EDPB template of June 2026, CNIL notification form).
type Fields uint32

const (
	Identity   Fields = 1 << iota // names
	Birth                         // date and place of birth
	Sex                           //
	NIR                           // national identification number, masked until revealed
	CustomerID                    // the body's own number for the person
	Postal                        // postal address
	Email                         //
	Phone                         //
	Family                        // family situation
	Status                        // registration, dates, kind of follow-up
	Education                     //
	Income                        // economic situation
	Health                        //
	Documents                     // official documents
	Notes                         // an agent's free text
	Other                         // anything else that is personal
)

// FieldNames lists the categories in bit order.
func FieldNames() []string {
	return []string{"identity", "birth", "sex", "nir", "customer_id", "postal", "email", "phone", "family", "status",
		"education", "income", "health", "documents", "notes", "other"}
}

// ParseField returns the category of that name.
func ParseField(name string) (Fields, error) {
	for i, n := range FieldNames() {
		if n == name {
			return 1 << i, nil
		}
	}
	return 0, Errorf(Invalid, "%q is not a field category: want one of %s", name, strings.Join(FieldNames(), ", "))
}

// Has reports whether every category of g is in f.
func (f Fields) Has(g Fields) bool { return f&g == g }

// Count returns how many categories are in f.
func (f Fields) Count() int { return bits.OnesCount32(uint32(f)) }

// Names returns the names of the categories in f, in bit order.
func (f Fields) Names() []string {
	names := make([]string, 0, f.Count())
	for i, n := range FieldNames() {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// String joins the names by commas.
func (f Fields) String() string { return strings.Join(f.Names(), ",") }

const redacted = "[redacted]"

// Personal is text about a person: a name, an address, an identifier. Its log, text, JSON and fmt forms are redacted,
// so that leaking it takes an explicit call to Reveal.
type Personal string

// Reveal returns the text itself. Each call is a place to look at in a review.
func (p Personal) Reveal() string { return string(p) }

// OneLine is the text on one line, without what a screen would not show as itself: control signs, bidirectional
// overrides, invisible signs.
func (p Personal) OneLine() Personal {
	text := strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return ' '
		}
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == utf8.RuneError {
			return -1
		}
		return c
	}, string(p))
	return Personal(strings.Join(strings.Fields(text), " "))
}

func (p Personal) String() string               { return redacted }
func (p Personal) GoString() string             { return redacted }
func (p Personal) Format(f fmt.State, _ rune)   { fmt.Fprint(f, redacted) }
func (p Personal) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (p Personal) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Value stores the text; the database is where personal data is kept on purpose.
func (p Personal) Value() (driver.Value, error) { return string(p), nil }

// LogValue redacts a person's reference in structured logs.
func (p PersonRef) LogValue() slog.Value { return slog.StringValue(redacted) }

// Secret is a credential, read from a file and shown to nobody. It redacts like Personal.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) Format(f fmt.State, _ rune)   { fmt.Fprint(f, redacted) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Timestamp is t as rows and stores keep it: in UTC, in whole milliseconds, without a monotonic reading.
func Timestamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Clock returns a clock whose times are timestamps, so that a time that is stored reads back as it was.
func Clock(now func() time.Time) func() time.Time {
	return func() time.Time { return Timestamp(now()) }
}

// Kind sorts errors by what the caller can do about them. A denial by policy is a result, not an error: Denied is for
// callers who may not ask the question at all.
type Kind uint8

const (
	Internal    Kind = iota // a fault of ours, or an unknown commit outcome: never answered as success
	Invalid                 // the input is wrong; the message says what would be right
	Denied                  // the caller may not do this
	NotFound                // there is no such thing, or the caller may not know of it
	Stale                   // decided on facts that have changed: decide again
	Conflict                // it exists already, or is in a state that forbids the move
	Unavailable             // store, key or clock in doubt: nothing was disclosed, try again later
)

// String returns the kind's stable name.
func (k Kind) String() string {
	return [...]string{"internal", "invalid", "denied", "not found", "stale", "conflict", "unavailable"}[k]
}

// Error carries a Kind. Its message is for operators and never holds personal data; what an agent reads comes from the
// message catalogues.
type Error struct {
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of that kind. A %w verb keeps the cause reachable.
func Errorf(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Err: fmt.Errorf(format, args...)}
}

// BadField names the field of a request that is wrong. It is in the chain of an Invalid error, so that a form shows the
// error where the value was typed.
type BadField string

func (f BadField) Error() string { return string(f) }

// InvalidField makes an Invalid error about one field; the message says what would be right.
func InvalidField(field BadField, format string, args ...any) error {
	return Errorf(Invalid, "%w: %w", field, fmt.Errorf(format, args...))
}

// KindOf returns the kind of the outermost *Error in err's chain; Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Default gives a setting that is zero, or less, its standard value.
func Default[T int | time.Duration](setting *T, standard T) {
	if *setting <= 0 {
		*setting = standard
	}
}

// staleTries bounds how often a decision is taken again on changed facts before Stale goes to the caller.
const staleTries = 5

// RetryStale runs decide until it returns something else than a Stale error, a few times at most.
func RetryStale(decide func() error) (err error) {
	for range staleTries {
		if err = decide(); err == nil || KindOf(err) != Stale {
			return err
		}
	}
	return err
}

// HTTPStatus is the one map from kinds to HTTP.
func (k Kind) HTTPStatus() int {
	switch k {
	case Invalid:
		return http.StatusBadRequest
	case Denied:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Stale, Conflict:
		return http.StatusConflict
	case Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
