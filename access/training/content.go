package training

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"slices"

	"github.com/goccy/go-yaml"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/i18n"
)

//go:embed content/*.yaml
var content embed.FS

// Course is what is taught: the same situations in every language.
type Course struct {
	ID directory.Course
	// Edition tells one wording of the course from another: the first half of the SHA-256 of its files, in hexadecimal.
	Edition string
	texts   [2]text // by i18n.Lang
}

// text is a course in one language, as its file says it.
type text struct {
	Title      string      `yaml:"title"`
	About      string      `yaml:"about"`   // what it is for, in a sentence
	Minutes    int         `yaml:"minutes"` // how long it takes
	Situations []Situation `yaml:"situations"`
}

// Situation is a scene, what one may do in it, and what to keep in mind.
type Situation struct {
	ID       string   `yaml:"id"` // the same in every language; part of the stored format
	Title    string   `yaml:"title"`
	Scene    string   `yaml:"scene"`
	Question string   `yaml:"question"`
	Choices  []Choice `yaml:"choices"`
	Memory   string   `yaml:"memory"`
}

// Choice is one thing to do, and why it is right or wrong.
type Choice struct {
	Text string `yaml:"text"`
	Best bool   `yaml:"best"`
	Why  string `yaml:"why"`
}

// Title, About and Minutes say what the course is.
func (c Course) Title(l i18n.Lang) string { return c.texts[l].Title }
func (c Course) About(l i18n.Lang) string { return c.texts[l].About }
func (c Course) Minutes() int             { return c.texts[i18n.French].Minutes }

// Len is how many situations the course has.
func (c Course) Len() int { return len(c.texts[i18n.French].Situations) }

// Situations are the course in its own order, with the right choices: not for learners.
func (c Course) Situations(l i18n.Lang) []Situation { return c.texts[l].Situations }

// Situation finds one by its id.
func (c Course) Situation(l i18n.Lang, id string) (Situation, bool) {
	all := c.texts[l].Situations
	i := slices.IndexFunc(all, func(s Situation) bool { return s.ID == id })
	if i < 0 {
		return Situation{}, false
	}
	return all[i], true
}

// best is the place of the right choice; -1 when there is not exactly one.
func (s Situation) best() int {
	at := -1
	for i, c := range s.Choices {
		if c.Best && at >= 0 {
			return -1
		}
		if c.Best {
			at = i
		}
	}
	return at
}

// load reads the courses and holds their languages to each other.
func load(files fs.FS) ([]Course, error) {
	var all []Course
	for _, id := range []directory.Course{directory.Awareness, directory.ManagersCourse} {
		c, digest := Course{ID: id}, sha256.New()
		for _, l := range i18n.Languages() {
			name := "content/" + string(id) + "." + l.String() + ".yaml"
			b, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, cloison.Errorf(cloison.Internal, "a course is missing: %w", err)
			}
			if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&c.texts[l]); err != nil {
				return nil, cloison.Errorf(cloison.Internal, "the course %s: %w", name, err)
			}
			digest.Write(b)
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		c.Edition = hex.EncodeToString(digest.Sum(nil)[:16])
		all = append(all, c)
	}
	return all, nil
}

// check wants what answering depends on: the same situations in the same order in both languages, each with three or
// four choices of which the same one is right.
func (c Course) check() error {
	fr, en := c.texts[i18n.French].Situations, c.texts[i18n.English].Situations
	if len(fr) == 0 || len(fr) != len(en) {
		return cloison.Errorf(cloison.Internal, "the course %s has %d situations in French and %d in English", c.ID, len(fr), len(en))
	}
	seen := map[string]bool{}
	for i, s := range fr {
		o := en[i]
		switch {
		case s.ID == "" || s.ID != o.ID || seen[s.ID]:
			return cloison.Errorf(cloison.Internal, "the course %s: situation %d is %q in French and %q in English, or is there twice",
				c.ID, i+1, s.ID, o.ID)
		case len(s.Choices) < 3 || len(s.Choices) > 4 || len(s.Choices) != len(o.Choices):
			return cloison.Errorf(cloison.Internal, "the situation %s has %d choices in French and %d in English: want three or four",
				s.ID, len(s.Choices), len(o.Choices))
		case s.best() < 0 || s.best() != o.best():
			return cloison.Errorf(cloison.Internal, "the situation %s: want one right choice, the same in both languages", s.ID)
		}
		seen[s.ID] = true
	}
	return nil
}
