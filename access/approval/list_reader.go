package approval

import (
	"bytes"
	"io"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
	"cloison/access/imports"
)

// Colleague is one line of a list of colleagues.
type Colleague struct {
	Line    int // in the file, from 1
	Name    cloison.Personal
	Email   cloison.Personal
	Roles   directory.Role
	Account cloison.AccountID // once the list is approved
}

// List is a file of colleagues as it was read: the lines taken, and the lines refused.
type List struct {
	Colleagues []Colleague
	Refused    []RefusedLine
}

// RefusedLine says which line was refused and why; it repeats nothing of the line.
type RefusedLine struct {
	Line int
	Why  LineFault
}

// LineFault is why a line of a list was refused: a code of the message catalogue.
type LineFault string

const (
	LineBroken  LineFault = "broken"     // another number of fields than the header, a quote out of place, no UTF-8
	LineName    LineFault = "name"       // no name of 1 to 200 characters
	LineEmail   LineFault = "email"      // no address
	LineRoles   LineFault = "roles"      // a word is no role
	LineGiven   LineFault = "role_given" // a role that no list gives: an officer proposes it singly
	LineTwice   LineFault = "twice"      // an earlier line has the address
	LineThere   LineFault = "there"      // the address has an account in the structure
	LineWaiting LineFault = "waiting"    // a proposal with the address is open
)

// LineFaults lists the codes.
func LineFaults() []LineFault {
	return []LineFault{LineBroken, LineName, LineEmail, LineRoles, LineGiven, LineTwice, LineThere, LineWaiting}
}

// maxListBytes bounds what is read of a list: three times 200 lines of 100 bytes.
const maxListBytes = 60 << 10

// ReadList reads a CSV file in UTF-8, with or without a byte order mark, separated by commas, semicolons or tabs,
// with a header line: nom, courriel, rôles, or name, email, roles. A role is one of the catalogue's names, or «
// conseiller » or « accueil ». It reads 60 KiB at most. An error is Invalid and holds the [directory.DenyReason]
// ListCharset, ListHeader, ListEmpty or ListTooLong. A line that is wrong by itself is in Refused.
func (ap *Approvals) ReadList(r io.Reader) (List, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxListBytes+1))
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case err != nil:
		return List{}, cloison.Errorf(cloison.Unavailable, "read list: %w", err)
	case len(text) > maxListBytes:
		return List{}, invalidList(directory.ListTooLong)
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return List{}, invalidList(directory.ListCharset)
	case len(bytes.TrimSpace(text)) == 0:
		return List{}, invalidList(directory.ListEmpty)
	}
	l, err := openColleagues(text)
	if err != nil {
		return List{}, invalidList(directory.ListHeader)
	}
	var list List
	seen := map[string]bool{}
	for {
		rec, broken, err := l.Next()
		switch {
		case err == io.EOF && len(list.Colleagues)+len(list.Refused) == 0:
			return List{}, invalidList(directory.ListEmpty)
		case err == io.EOF:
			return list, nil
		case err != nil:
			return List{}, err
		case len(list.Colleagues)+len(list.Refused) == ap.settings.ListLines:
			return List{}, invalidList(directory.ListTooLong)
		case broken != "":
			list.Refused = append(list.Refused, RefusedLine{l.Number, LineBroken})
			continue
		}
		n, fault := ap.parseColleague(rec)
		if n.Line = l.Number; fault == "" && seen[n.Email.Reveal()] {
			fault = LineTwice
		}
		if fault != "" {
			list.Refused = append(list.Refused, RefusedLine{n.Line, fault})
			continue
		}
		seen[n.Email.Reveal()] = true
		list.Colleagues = append(list.Colleagues, n)
	}
}

func invalidList(b directory.DenyReason) error { return &cloison.Error{Kind: cloison.Invalid, Err: b} }

// openColleagues reads the header, in French or in English.
func openColleagues(text []byte) (*imports.Lines, error) {
	header, rest, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n\t "), []byte("\n"))
	skipped := bytes.Count(text[:len(text)-len(bytes.TrimLeft(text, "\r\n\t "))], []byte("\n"))
	header = []byte(strings.ReplaceAll(strings.ToLower(string(header)), "ô", "o"))
	text = append(append(bytes.Repeat([]byte("\n"), skipped), append(header, '\n')...), rest...)
	var err error
	for _, names := range [][]string{{"nom", "courriel", "roles"}, {"name", "email", "roles"}} {
		columns := make([]imports.Column, len(names))
		for i, name := range names {
			columns[i] = imports.Column{Name: name, Required: true}
		}
		var l *imports.Lines
		if l, err = imports.OpenLines(bytes.NewReader(text), imports.CSV, false, columns); err == nil {
			for i := range columns { // an empty field has a LineFault of its own
				columns[i].Required = false
			}
			return l, nil
		}
	}
	return nil, err
}

// parseColleague reads one record, or returns why it is refused.
func (ap *Approvals) parseColleague(rec []string) (Colleague, LineFault) {
	n := Colleague{Name: cloison.Personal(rec[0]), Email: cloison.Personal(strings.ToLower(rec[1]))}
	if directory.CheckName(rec[0]) != "" {
		return n, LineName
	}
	if directory.CheckEmail(rec[1]) != "" {
		return n, LineEmail
	}
	for _, word := range strings.FieldsFunc(rec[2], func(r rune) bool { return strings.ContainsRune(",;/+ ", r) }) {
		switch word = directory.Fold(word); word {
		case "conseiller", "conseillere":
			n.Roles |= directory.Adviser
		case "accueil":
			n.Roles |= directory.Reception
		default:
			r, err := directory.ParseRoles(word)
			if err != nil || bits.OnesCount16(uint16(r)) != 1 {
				return n, LineRoles
			}
			n.Roles |= r
		}
	}
	switch {
	case n.Roles == 0:
		return n, LineRoles
	case !ap.listGives(n.Roles):
		return n, LineGiven
	}
	return n, ""
}

// listGives reports whether a list may give these roles: those that a manager may ask for singly.
func (ap *Approvals) listGives(r directory.Role) bool {
	return r != 0 && ap.settings.Proposable.Has(r) && r&directory.Oversight == 0 && !r.Machine()
}

// refuse moves lines from Colleagues to Refused.
func (l *List) refuse(bad map[int]LineFault) {
	l.Colleagues = slices.DeleteFunc(l.Colleagues, func(n Colleague) bool {
		why, is := bad[n.Line]
		if is {
			l.Refused = append(l.Refused, RefusedLine{n.Line, why})
		}
		return is
	})
	slices.SortFunc(l.Refused, func(a, b RefusedLine) int { return a.Line - b.Line })
}
