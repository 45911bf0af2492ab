package console_test

import (
	"cloison/console"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// whoMay is the document that is drawn from the tables of who may do and see what: each of its lines is a test case.
var whoMay = filepath.Join("..", "docs", "reference", "who-may-do-what.md")

// rulings is one table of the document, under its heading.
type rulings struct {
	heading string
	first   []string // heads of the first columns
	lines   [][]string
}

// add takes one line: what is asked for, and the answer to each role.
func (r *rulings) add(what []string, answers ...string) {
	line := append([]string{}, what...)
	for _, a := range answers {
		word, ok := map[string]string{"": "yes", "200": "yes", "no_role": "–", "403": "–", "not_found": "not found", "404": "not found"}[a]
		if !ok {
			word = "`" + a + "`"
		}
		line = append(line, word)
	}
	r.lines = append(r.lines, line)
}

func (r *rulings) markdown() string {
	var b strings.Builder
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	b.WriteString("## " + r.heading + "\n\n")
	row(append(append([]string{}, r.first...), "adviser", "reception", "manager", "director", "approver", "officer", "DPO", "auditor"))
	b.WriteString(strings.Repeat("|---", len(r.first)+8) + "|\n")
	for _, line := range r.lines {
		row(line)
	}
	return b.String()
}

// check holds the table against the document, or writes it there when CLOISON_WRITE_DOCS is set.
func (r *rulings) check(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(whoMay)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	start := strings.Index(text, "## "+r.heading+"\n")
	if start < 0 {
		t.Fatalf("%s has no heading %q", whoMay, r.heading)
	}
	end := len(text)
	if next := strings.Index(text[start+3:], "\n## "); next >= 0 {
		end = start + 3 + next + 1
	}
	want := r.markdown()
	if strings.TrimSpace(text[start:end]) == strings.TrimSpace(want) {
		return
	}
	if os.Getenv("CLOISON_WRITE_DOCS") == "" {
		t.Errorf("%s does not say who may do what: CLOISON_WRITE_DOCS=1 go test ./console -run TestWhoMay", whoMay)
		return
	}
	text = text[:start] + want + "\n" + text[end:]
	if err := os.WriteFile(whoMay, []byte(strings.TrimRight(text, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTheTablesAskAfterEverything finds the act or page that the tables forget.
func TestTheTablesAskAfterEverything(t *testing.T) {
	b, err := os.ReadFile(whoMay)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range console.Verbs() {
		if !strings.Contains(string(b), "| `"+verb+"` |") {
			t.Errorf("nobody asks who may %s", verb)
		}
	}
	for _, path := range console.Paths() {
		path = strings.TrimSuffix(path, "{$}")
		if !strings.Contains(string(b), "| `"+path) {
			t.Errorf("nobody asks who may open %s", path)
		}
	}
}
