package training

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"cloison/access/directory"
	"cloison/internal/i18n"
)

func words(s string) int { return len(strings.Fields(s)) }

// TestCoursesAreFitToBeRead holds each text to its length and to the typography of its language, and the right choices
// to not giving themselves away.
func TestCoursesAreFitToBeRead(t *testing.T) {
	courses, err := load(content)
	if err != nil {
		t.Fatal(err)
	}
	want := map[directory.Course][2]int{directory.Awareness: {12, 14}, directory.ManagersCourse: {8, 10}}
	for _, c := range courses {
		if n := c.Len(); n < want[c.ID][0] || n > want[c.ID][1] {
			t.Errorf("%s has %d situations", c.ID, n)
		}
		if c.Minutes() < 5 || c.texts[0].Minutes != c.texts[1].Minutes || len(c.Edition) != 32 {
			t.Errorf("%s: %d minutes, edition %q", c.ID, c.Minutes(), c.Edition)
		}
		for _, l := range i18n.Languages() {
			longest := 0
			checkText(t, c.ID, l, "", c.Title(l), 2, 12)
			checkText(t, c.ID, l, "", c.About(l), 10, 40)
			for _, s := range c.Situations(l) {
				checkText(t, c.ID, l, s.ID, s.Title, 2, 10)
				checkText(t, c.ID, l, s.ID, s.Scene, 40, 90)
				checkText(t, c.ID, l, s.ID, s.Question, 3, 15)
				checkText(t, c.ID, l, s.ID, s.Memory, 6, 25)
				right, other := 0, 0
				for _, choice := range s.Choices {
					checkText(t, c.ID, l, s.ID, choice.Text, 6, 32)
					checkText(t, c.ID, l, s.ID, choice.Why, 18, 60)
					if choice.Best {
						right = words(choice.Text)
					} else {
						other = max(other, words(choice.Text))
					}
				}
				if right > other {
					longest++
				}
			}
			if longest*2 > c.Len() {
				t.Errorf("%s.%v: in %d of %d situations the right choice is the longest: it gives itself away", c.ID, l, longest, c.Len())
			}
		}
		for i, s := range c.Situations(i18n.French) { // a forgotten translation is the same text
			o := c.Situations(i18n.English)[i]
			if s.Scene == o.Scene || s.Memory == o.Memory || s.Question == o.Question {
				t.Errorf("%s.%s is not translated", c.ID, s.ID)
			}
		}
	}
}

func checkText(t *testing.T, course directory.Course, l i18n.Lang, situation, text string, from, to int) {
	t.Helper()
	where := string(course) + "." + l.String() + " " + situation
	for _, wrong := range i18n.CheckText(where, l, text) {
		t.Error(wrong)
	}
	if l == i18n.English && strings.Contains(text, `"`) {
		t.Errorf("%s: straight quotes: %s", where, text)
	}
	if n := words(text); n < from || n > to {
		t.Errorf("%s: %d words, want %d to %d: %s", where, n, from, to, text)
	}
	if strings.ContainsAny(text, "\n\t\r") || text != strings.TrimSpace(text) {
		t.Errorf("%s: white space: %q", where, text)
	}
}

// TestBadCoursesAreRefused breaks the embedded files one by one.
func TestBadCoursesAreRefused(t *testing.T) {
	files := fstest.MapFS{}
	err := fs.WalkDir(content, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(content, name)
		files[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load(files); err != nil {
		t.Fatal(err)
	}
	const name = "content/awareness.fr.yaml"
	whole := string(files[name].Data)
	for what, broken := range map[string]string{
		"no best":          strings.Replace(whole, "best: true", "best: false", 1),
		"two best":         strings.Replace(whole, "        why", "        best: true\n        why", 1),
		"another id":       strings.Replace(whole, "id: usb", "id: usb2", 1),
		"an id twice":      strings.Replace(whole, "id: usb", "id: code", 1),
		"an unknown key":   strings.Replace(whole, "memory:", "memo:", 1),
		"not YAML":         whole + "\n- {",
		"another best":     strings.Replace(strings.Replace(whole, "        best: true\n", "", 1), "        why", "        best: true\n        why", 1),
		"nothing":          "title: x",
		"a situation less": whole[:strings.LastIndex(whole, "  - id:")],
	} {
		files[name] = &fstest.MapFile{Data: []byte(broken)}
		if _, err := load(files); err == nil {
			t.Errorf("%s: it was loaded", what)
		}
	}
	delete(files, name)
	if _, err := load(files); err == nil {
		t.Error("a course without French was loaded")
	}
}
