package house_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFlowDocumentsNameRealFiles reads the flow documents and the map: each of them names files.
func TestFlowDocumentsNameRealFiles(t *testing.T) {
	t.Chdir(root)
	for _, doc := range []string{"docs/concepts/one-disclosure.md", "docs/concepts/one-incident.md",
		"docs/concepts/one-account.md", "docs/ARCHITECTURE.md"} {
		if len(filesNamed(t, doc)) == 0 {
			t.Errorf("%s names no file", doc)
		}
	}
}

// TestDocumentsNameRealFiles reads every document but the changelog: each `path/file.go` in it is there.
func TestDocumentsNameRealFiles(t *testing.T) {
	t.Chdir(root)
	for _, doc := range documents(t) {
		if doc == "docs/CHANGELOG.md" { // it tells of files as they were
			continue
		}
		for _, name := range filesNamed(t, doc) {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s names %s, which is not there", doc, name)
			}
		}
	}
}

// TestLinksBetweenDocumentsLead follows each relative link of a document to its file, and to its heading if it names one.
func TestLinksBetweenDocumentsLead(t *testing.T) {
	t.Chdir(root)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, doc := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, doc), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			target, heading, _ := strings.Cut(m[1], "#")
			file := path.Join(path.Dir(doc), target)
			if target == "" {
				file = doc
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			} else if heading != "" && !slices.Contains(anchors(read(t, file)), heading) {
				t.Errorf("%s links to %s: %s has no such heading", doc, m[1], file)
			}
		}
	}
}

// TestEveryDocumentIsInReach fails on a document below docs that no other document links to.
func TestEveryDocumentIsInReach(t *testing.T) {
	t.Chdir(root)
	linked, all := map[string]bool{"docs/README.md": true}, documents(t)
	link := regexp.MustCompile(`\]\(([^)#\s]+)`)
	for _, doc := range all {
		for _, m := range link.FindAllStringSubmatch(read(t, doc), -1) {
			linked[path.Join(path.Dir(doc), m[1])] = true
		}
	}
	for _, doc := range all {
		if strings.HasPrefix(doc, "docs/") && !linked[doc] {
			t.Errorf("no document links to %s", doc)
		}
	}
}

// documents lists the documents at the root and below docs.
func documents(t *testing.T) (docs []string) {
	t.Helper()
	docs, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("docs", func(p string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(p, ".md") {
			docs = append(docs, filepath.ToSlash(p))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// filesNamed lists the files that a document names with their folder, as `ledger/row.go`.
func filesNamed(t *testing.T, doc string) (names []string) {
	t.Helper()
	name := regexp.MustCompile("`([a-z0-9_]+(?:/[A-Za-z0-9_.-]+)+\\.(?:go|md|sql|json|yaml|html|js|css))`")
	for _, m := range name.FindAllStringSubmatch(read(t, doc), -1) {
		names = append(names, m[1])
	}
	return names
}

// anchors lists the names of a document's headings, as links write them.
func anchors(text string) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTheMapHasEveryPackage holds ARCHITECTURE's table of rooms to the plan: each package of the plan is in it, by itself or
// with the folder that it is in, and each package in it is there.
func TestTheMapHasEveryPackage(t *testing.T) {
	t.Chdir(root)
	mapped := mappedPackages(t)
	for dir := range goPackages(t) {
		in := func(p string) bool {
			return dir == p || strings.HasPrefix(dir, p+"/") && p != "ledger" && p != "console"
		}
		if !slices.ContainsFunc(append(mapped, ".", "console"), in) && !strings.HasPrefix(dir, "internal/") {
			t.Errorf("ARCHITECTURE.md does not name package %s in its table of rooms", dir)
		}
	}
	for _, p := range mapped {
		_, err := os.Stat(p)
		switch planned := slices.Contains(notBuilt(), p); {
		case err != nil && !planned:
			t.Errorf("ARCHITECTURE.md names package %s, which is not there", p)
		case err == nil && planned:
			t.Errorf("package %s is there now: take it off the list of those that are not built", p)
		}
	}
}

// notBuilt is packages that the map names and that are still to come.
func notBuilt() []string {
	return nil
}

// mappedPackages reads the packages of ARCHITECTURE's table of rooms, as folders.
func mappedPackages(t *testing.T) (dirs []string) {
	t.Helper()
	_, table, _ := strings.Cut(read(t, "docs/ARCHITECTURE.md"), "\n| room |")
	table, _, _ = strings.Cut(table, "\n\n")
	quoted, room := regexp.MustCompile("`([a-z0-9/]+)`"), ""
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		if m := quoted.FindStringSubmatch(cells[1]); m != nil {
			room = m[1]
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			if m[1] == room {
				dirs = append(dirs, room)
			} else {
				dirs = append(dirs, room+"/"+m[1])
			}
		}
	}
	return dirs
}
