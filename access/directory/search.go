package directory

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"cloison"
)

// Search says which accounts a list shows, and in what order. The zero value is all of them.
type Search struct {
	Structure cloison.StructureID // "" is every structure
	Words     string              // each word is in the folded name or address
	State     string              // the name of a State; anything else is every state
	Roles     Role                // one of them at least; zero is any
	By        Order
	After     cloison.AccountID // the list begins after this account; zero: at the start
	Limit     int
}

// Member is what the blast radius of an account is made of, without the name.
type Member struct {
	ID             cloison.AccountID
	Structure      cloison.StructureID
	Lineage        cloison.AccountID
	Roles          Role
	State          State
	ProbationUntil time.Time
	IdleSince      time.Time
}

// Member returns the account as a member of its lineage.
func (a Account) Member() Member {
	return Member{a.ID, a.Structure, a.Lineage, a.Roles, a.State, a.ProbationUntil, a.IdleSince()}
}

// Discloses reports whether the account could be shown a file today: a pending one may enrol at noon.
func (m Member) Discloses() bool {
	return (m.State == Active || m.State == Pending) && m.Roles&(Adviser|Reception) != 0
}

// Order is what a list of accounts is sorted by; ties are in the order of ids.
type Order string

const (
	ByStructure Order = ""     // the structure's id
	ByName      Order = "name" // the folded name
	BySeen      Order = "seen" // the longest unseen first
)

// Folded returns what a search reads of the account: its name and address, folded.
func (a Account) Folded() string { return Fold(a.Name.Reveal() + " " + a.Email.Reveal()) }

// Fold writes a text as people search for it: small letters without accents, ligatures as two letters, one kind of
// apostrophe, one space between words. Two texts with the same fold look alike at a glance.
func Fold(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(text) {
		switch r = unicode.ToLower(r); {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsSpace(r) || !unicode.IsGraphic(r):
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		switch r {
		case 'œ':
			b.WriteString("oe")
		case 'æ':
			b.WriteString("ae")
		case 'ß':
			b.WriteString("ss")
		case '’', 'ʼ', '‘', '`', '´':
			b.WriteByte('\'')
		case '‐', '‑', '–':
			b.WriteByte('-')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
