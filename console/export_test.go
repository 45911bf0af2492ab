package console

import (
	"context"
	"encoding/json"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/console/web"
)

// Tables is a console that has its tables and words, and nothing behind them.
func Tables() *web.Site {
	site, err := TablesOf(Config{Approvals: approval.New(nil, nil, approval.Settings{}, time.Now), Explanations: explanation.New(nil, nil, explanation.Settings{}, time.Now),
		Lifecycle: lifecycle.New(nil, lifecycle.Settings{}, time.UTC, nil, time.Now)})
	if err != nil {
		panic(err)
	}
	return site
}

// TablesOf is Tables under other settings.
func TablesOf(c Config) (*web.Site, error) {
	made, err := New(c)
	if err != nil {
		return nil, err
	}
	return made.site, nil
}

// Menu is the paths of the menu.
func Menu() []string { return menu() }

// Do does an act, its passkey shown, in the name of an account as it was read a moment ago.
func (c *Console) Do(ctx context.Context, verb string, read directory.Account, subject string) error {
	a := c.site.Acts()[signin.Verb(verb)]
	s, err := a.Read(json.RawMessage(subject))
	if err == nil {
		_, err = a.Do(ctx, web.Viewer{Account: read}, s)
	}
	return err
}

// Verbs lists the acts of the tables, for a test that asks after each.
func Verbs() []string {
	var verbs []string
	for verb := range Tables().Acts() {
		verbs = append(verbs, string(verb))
	}
	return verbs
}

// Paths lists the pages of the tables.
func Paths() []string {
	var paths []string
	for _, p := range Tables().Pages() {
		paths = append(paths, p.Path)
	}
	return paths
}

// PageTable says of each path who may open it; zero is everybody.
func PageTable() map[string]directory.Role {
	table := map[string]directory.Role{}
	for _, p := range Tables().Pages() {
		table[p.Path] = p.Who
	}
	return table
}

// Field is a field of a form, for a test that fills in each.
type Field struct {
	Name, Kind               string
	Required, Secret, Filter bool
	Who                      directory.Role
}

// Forms lists the forms of the tables with their fields.
func Forms() map[string][]Field {
	all := map[string][]Field{}
	for _, f := range Tables().Forms() {
		for _, fd := range f.Fields {
			all[f.Name] = append(all[f.Name], Field{fd.Name, string(fd.Kind), !fd.Optional && !fd.Preset, fd.Secret, f.Filter, fd.Who})
		}
	}
	return all
}
