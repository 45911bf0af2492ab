package console

import (
	"context"
	"encoding/json"

	"cloison/access/directory"
	"cloison/access/signin"
)

// Do does an act, its passkey shown, in the name of an account as it was read a moment ago.
func (c *Console) Do(ctx context.Context, verb string, read directory.Account, subject string) error {
	a := c.acts[signin.Verb(verb)]
	s, err := a.read(json.RawMessage(subject))
	if err == nil {
		_, err = a.do(c, ctx, viewer{account: read}, s)
	}
	return err
}

// Verbs lists the acts of the table, for a test that asks after each.
func Verbs() []string {
	var verbs []string
	for _, a := range acts() {
		verbs = append(verbs, string(a.verb))
	}
	return verbs
}

// Paths lists the pages of the table.
func Paths() []string {
	var paths []string
	for _, p := range pages() {
		paths = append(paths, p.path)
	}
	return paths
}

// PageTable says of each path of the page table who may open it; zero is everybody.
func PageTable() map[string]directory.Role {
	table := map[string]directory.Role{}
	for _, p := range pages() {
		table[p.path] = p.who
	}
	return table
}

// Field is a field of a form, for a test that fills in each.
type Field struct {
	Name, Kind               string
	Required, Secret, Filter bool
	Who                      directory.Role
}

// Forms lists the forms of the table with their fields.
func Forms() map[string][]Field {
	all := map[string][]Field{}
	for _, f := range forms() {
		for _, fd := range f.fields {
			all[f.name] = append(all[f.name], Field{fd.name, string(fd.kind), !fd.optional && !fd.preset, fd.secret, f.filter, fd.who})
		}
	}
	return all
}
