package network

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"cloison"
)

// Format is a format of `cloison import`.
type Format string

const (
	JSONLines Format = "jsonl"
	CSV       Format = "csv"
)

// Feed writes the network as the files that `cloison import` reads. It streams: its memory does not depend on the
// sizes.
type Feed struct {
	network *Network
	format  Format
}

// Feed returns a feed of the network in that format; an unknown format is Invalid.
func (n *Network) Feed(f Format) (Feed, error) {
	if f != JSONLines && f != CSV {
		return Feed{}, cloison.Errorf(cloison.Invalid, "format %q: want %q or %q", string(f), string(JSONLines), string(CSV))
	}
	return Feed{n, f}, nil
}

// WriteStructures writes code, siret, label, network, area and commune of each structure, the network's own body last.
func (f Feed) WriteStructures(w io.Writer) error {
	t := newTable(w, f.format, "code", "siret", "label", "network", "area", "commune")
	for _, s := range f.network.structures {
		t.row(s.Code, s.SIRET, s.Label, s.Network, s.Area, s.Commune)
	}
	return t.close()
}

// WriteAccounts writes structure, name, email, idp, sub, roles (joined by semicolons), awareness_at, managers_course_at
// and created_at of each agent. Dates are RFC 3339; one that is missing is empty, and left out of JSON.
func (f Feed) WriteAccounts(w io.Writer) error {
	t := newTable(w, f.format, "structure", "name", "email", "idp", "sub", "roles", "awareness_at", "managers_course_at",
		"created_at")
	for i := range f.network.opts.Agents {
		a := f.network.Agent(i)
		roles := make([]string, len(a.Roles))
		for k, r := range a.Roles {
			roles[k] = string(r)
		}
		t.row(f.network.structures[a.Structure].Code, a.Given+" "+a.Surname, a.Email, a.IdP, a.Sub,
			strings.Join(roles, ";"), stamp(a.Awareness), stamp(a.Course), stamp(a.Created))
	}
	return t.close()
}

// WriteCaseload writes idp, sub, person, since and until of each link, the links of a person together.
func (f Feed) WriteCaseload(w io.Writer) error {
	n := f.network
	t := newTable(w, f.format, "idp", "sub", "person", "since", "until")
	type account struct{ idp, sub string }
	accounts := make([]account, n.opts.Agents)
	for i := range accounts {
		a := n.Agent(i)
		accounts[i] = account{a.IdP, a.Sub}
	}
	for structure, team := range n.teams {
		p, first := n.rank(structure)
		for r := range team.followed {
			person := first + p.inverse(r)
			id := n.ID(person)
			for _, l := range n.links(structure, r, person) {
				t.row(accounts[l.Agent].idp, accounts[l.Agent].sub, id, stamp(l.Since), stamp(l.Until))
			}
		}
		if t.err != nil {
			return t.err
		}
	}
	return t.close()
}

// stamp writes an instant as RFC 3339; the zero instant is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// table writes rows in either format and keeps the first error.
type table struct {
	columns []string
	out     *bufio.Writer
	csv     *csv.Writer // nil for JSON Lines
	line    []byte
	err     error
}

func newTable(w io.Writer, f Format, columns ...string) *table {
	t := &table{columns: columns, out: bufio.NewWriterSize(w, 1<<16)}
	if f == CSV {
		t.csv = csv.NewWriter(t.out)
		t.row(columns...)
	}
	return t
}

func (t *table) row(values ...string) {
	if t.err != nil {
		return
	}
	if t.csv != nil {
		t.err = t.csv.Write(values)
		return
	}
	t.line = append(t.line[:0], '{')
	for i, v := range values {
		if v == "" {
			continue
		}
		if len(t.line) > 1 {
			t.line = append(t.line, ',')
		}
		t.line = append(append(append(t.line, '"'), t.columns[i]...), `":`...)
		t.line = appendJSON(t.line, v)
	}
	_, t.err = t.out.Write(append(t.line, '}', '\n'))
}

// appendJSON quotes a text; what needs no escape is copied.
func appendJSON(line []byte, v string) []byte {
	for i := range len(v) {
		if v[i] < ' ' || v[i] == '"' || v[i] == '\\' || v[i] >= 0x7f {
			quoted, _ := json.Marshal(v) // a string always has a JSON form
			return append(line, quoted...)
		}
	}
	return append(append(append(line, '"'), v...), '"')
}

func (t *table) close() error {
	if t.csv != nil && t.err == nil {
		t.csv.Flush()
		t.err = t.csv.Error()
	}
	if t.err == nil {
		t.err = t.out.Flush()
	}
	return t.err
}
