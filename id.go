package cloison

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strings"
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
		return Errorf(Invalid, "a person's reference has %d bytes: want 1 to %d", len(p), maxPersons)
	}
	for i := range len(p) {
		if p[i] < 0x20 || p[i] == 0x7f {
			return Errorf(Invalid, "a person's reference holds a control character")
		}
	}
	return nil
}

// Format redacts: a person's reference never reaches a log or an error by accident. Reveal it with string(p).
func (p PersonRef) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// Value stores the reference as text; without it drivers would call Format.
func (p PersonRef) Value() (driver.Value, error) { return string(p), nil }
