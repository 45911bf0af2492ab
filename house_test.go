package cloison_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// levels is the house's plan: a package imports only packages of lower levels (design.md §4). -1 stands beside the
// levels: what tests and the demo stand up, which only the program and tests may import.
func levels() map[string]int {
	return map[string]int{
		".": 0, "receipt": 0, "bound": 0,
		"internal/durable": 0, "internal/nearest": 0, "internal/phrase": 0,
		"directory": 1, "policy": 1, "seal": 1,
		"signin": 2, "disclose": 2, "training": 2, "tenure": 2, "desk": 2, "retention": 2,
		"watch": 3, "contain": 3, "exposure": 3, "courier": 3, "intake": 3,
		"store/sqlite": 4, "store/postgres": 4, "store/storetest": 4, "gateway": 4, "console": 4, "drill": 4,
		"cmd/cloison":      5,
		"internal/figures": 6,
		"internal/softkey": 3, "internal/testkit": 5,
		"internal/standin/network": 3, "internal/standin/tool": 4, "internal/standin/proconnect": 4,
		"internal/standin/network/derive": 4,
	}
}

// exceptions are imports within a level, each with its reason.
func exceptions() map[string]string {
	return map[string]string{
		"receipt → .":          "the root is the ground of level 0",
		"bound → .":            "the root is the ground of level 0",
		"internal/durable → .": "the root is the ground of level 0",
		"internal/phrase → .":  "the root is the ground of level 0",
	}
}

func goPackages(t *testing.T) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(p, ".go") {
			dir := path.Dir(filepath.ToSlash(p))
			packages[dir] = append(packages[dir], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func TestImportsGoDown(t *testing.T) {
	levels, allowed := levels(), exceptions()
	for dir, files := range goPackages(t) {
		level, known := levels[dir]
		if !known {
			t.Errorf("package %s has no level: give it a place in the plan", dir)
			continue
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imp := range f.Imports {
				name := strings.Trim(imp.Path.Value, `"`)
				if name != "cloison" && !strings.HasPrefix(name, "cloison/") {
					continue
				}
				to := strings.TrimPrefix(strings.TrimPrefix(name, "cloison"), "/")
				if to == "" {
					to = "."
				}
				if _, ok := allowed[dir+" → "+to]; !ok && levels[to] >= level {
					t.Errorf("%s imports %s: level %d may not import level %d", file, to, level, levels[to])
				}
			}
		}
	}
}

func TestProductionNeedsNoTestCode(t *testing.T) {
	for dir, files := range goPackages(t) {
		if dir == "store/storetest" || dir == "internal/testkit" {
			continue
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imp := range f.Imports {
				if name := strings.Trim(imp.Path.Value, `"`); name == "testing" || name == "pgregory.net/rapid" || strings.HasSuffix(name, "/testkit") {
					t.Errorf("%s imports %s: only tests may", file, name)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItPromises(t *testing.T) {
	for dir, files := range goPackages(t) {
		var doc string
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil {
				doc += f.Doc.Text()
			}
		}
		if len(strings.Fields(doc)) < 8 {
			t.Errorf("package %s has no package comment that says what it is for", dir)
		}
	}
}

func TestFilesAndFunctionsStayShort(t *testing.T) {
	for _, files := range goPackages(t) {
		for _, file := range files {
			if n := countLines(t, file); n > 500 && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s has %d lines: more than 500", file, n)
			}
			if strings.HasSuffix(file, "_test.go") || strings.Contains(file, "storetest") {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
					if n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line; n > 80 {
						t.Errorf("%s: %s has %d lines: more than 80", file, fn.Name.Name, n)
					}
				}
			}
		}
	}
}

func TestNoDrawers(t *testing.T) {
	drawers := []string{"util", "utils", "common", "core", "model", "types", "manager", "shared", "helpers", "misc"}
	for dir := range goPackages(t) {
		if slices.Contains(drawers, path.Base(dir)) {
			t.Errorf("package %s: name it by what it is for", dir)
		}
	}
}

// TestFlowDocumentsNameRealFiles reads the two flow documents: every `path/file.go` in them is there.
func TestFlowDocumentsNameRealFiles(t *testing.T) {
	name := regexp.MustCompile("`([a-z0-9_/]+\\.(?:go|md|sql))`")
	for _, doc := range []string{"docs/one-disclosure.md", "docs/one-incident.md", "docs/one-account.md", "ARCHITECTURE.md"} {
		b, err := os.ReadFile(doc)
		if err != nil {
			t.Error(err)
			continue
		}
		found := name.FindAllSubmatch(b, -1)
		if len(found) == 0 {
			t.Errorf("%s names no file", doc)
		}
		for _, m := range found {
			if _, err := os.Stat(string(m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", doc, m[1])
			}
		}
	}
}

func countLines(t *testing.T, file string) int {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		n++
	}
	return n
}
