package house_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the root of the repository, where the names of files begin. Each test goes there itself: a change of folder in
// TestMain is not seen by the cache of go test, which would then give an old result for files that changed.
const root = "../.."

// room is a folder of the repository with its packages, in the order in which they may use each other: a package imports
// packages of the rooms to the left, and those before it in its own room (design.md §4).
type room struct {
	name     string
	packages []string
}

// rooms is the plan of the house, from left to right. The ground (ids, error kinds, durable files, languages) is in reach
// of every room.
func rooms() []room {
	return []room{
		{"ground", []string{".", "internal/durable", "internal/suggest", "internal/i18n"}},
		{"rules", []string{"rules/limits", "rules/policy"}},
		{"ledger", []string{"ledger", "ledger/journal", "ledger/seal", "ledger/retention", "ledger/register"}},
		{"access", []string{"access/directory", "access/explanation", "access/imports", "access/approval", "access/signin/refusal",
			"access/signin/openid", "access/signin/passkey", "access/signin", "access/training", "access/lifecycle",
			"access/provisioning", "access/provisioning/scim", "access/provisioning/xapi", "access/letters"}},
		{"wall", []string{"wall/mapping", "wall/disclose", "wall/gateway"}},
		{"incident", []string{"incident/watch", "incident/contain", "incident/accesslog/fast", "incident/accesslog", "incident/exposure"}},
		{"console", []string{"console/web", "console/desk", "console/people", "console/incident", "console/oversight", "console/self", "console/public",
			"console"}},
		{"store", []string{"store/shared", "store/shared/incident", "store/shared/schema", "store/sqlite", "store/postgres", "store/storetest"}},
		{"internal", []string{"internal/config", "internal/app", "internal/demo/network", "internal/demo/network/derive", "internal/fakes/softkey", "internal/fakes/tool",
			"internal/fakes/proconnect", "internal/drill", "internal/demo", "internal/testkit", "internal/testkit/testworld", "internal/testkit/machinekit", "internal/testkit/consolekit", "internal/figures", "internal/testrun", "internal/house"}},
		{"cmd", []string{"cmd/cloison"}},
	}
}

// exceptions are imports against the plan, each with its reason.
func exceptions() map[string]string {
	return map[string]string{}
}

// testCode is packages that only tests may import.
func testCode() []string {
	return []string{"internal/testkit", "internal/testkit/testworld", "internal/testkit/machinekit", "internal/testkit/consolekit", "internal/figures", "store/storetest"}
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

func TestImportsGoLeft(t *testing.T) {
	t.Chdir(root)
	type place struct{ room, order int }
	places, names := map[string]place{}, map[int]string{}
	for i, r := range rooms() {
		names[i] = r.name
		for j, p := range r.packages {
			places[p] = place{i, j}
		}
	}
	allowed, used := exceptions(), map[string]bool{}
	packages := goPackages(t)
	for p := range places {
		if len(packages[p]) == 0 {
			t.Errorf("the plan has a package %s, which is not there", p)
		}
	}
	for dir, files := range packages {
		here, known := places[dir]
		if !known {
			t.Errorf("package %s is in no room: give it a place in the plan", dir)
			continue
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, to := range ownImports(t, file) {
				there := places[to]
				left := there.room < here.room || there.room == here.room && there.order < here.order
				if names[here.room] == "store" && names[there.room] == "console" {
					left = false // siblings
				}
				if left {
					continue
				}
				if edge := dir + " → " + to; allowed[edge] != "" {
					used[edge] = true
				} else {
					t.Errorf("%s imports %s: %s may not import %s", file, to, names[here.room], names[there.room])
				}
			}
		}
	}
	for edge := range allowed {
		if !used[edge] {
			t.Errorf("the exception %s is not needed any more", edge)
		}
	}
}

// ownImports lists the packages of this module that a file imports, by folder.
func ownImports(t *testing.T, file string) (dirs []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, imp := range f.Imports {
		switch name := strings.Trim(imp.Path.Value, `"`); {
		case name == "cloison":
			dirs = append(dirs, ".")
		case strings.HasPrefix(name, "cloison/"):
			dirs = append(dirs, strings.TrimPrefix(name, "cloison/"))
		}
	}
	return dirs
}

// TestTheSlimProgramHasNoDemo lists what a binary for production is built of (go build -tags slim ./cmd/cloison).
func TestTheSlimProgramHasNoDemo(t *testing.T) {
	t.Chdir(root)
	out, err := exec.Command("go", "list", "-tags", "slim", "-deps", "./cmd/cloison").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "cloison/internal/app") {
		t.Errorf("the program is not built of internal/app: the list is wrong: %v", deps)
	}
	for _, dep := range deps {
		if strings.HasPrefix(dep, "cloison/internal/demo") || strings.HasPrefix(dep, "cloison/internal/fakes/") && dep != "cloison/internal/fakes/softkey" ||
			strings.HasPrefix(dep, "github.com/zitadel/") {
			t.Errorf("a slim program holds %s", dep)
		}
	}
}

func TestProductionNeedsNoTestCode(t *testing.T) {
	t.Chdir(root)
	for dir, files := range goPackages(t) {
		if slices.Contains(testCode(), dir) {
			continue
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, to := range ownImports(t, file) {
				if slices.Contains(testCode(), to) {
					t.Errorf("%s imports %s: only tests may", file, to)
				}
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, imp := range f.Imports {
				if name := strings.Trim(imp.Path.Value, `"`); name == "testing" || name == "pgregory.net/rapid" {
					t.Errorf("%s imports %s: only tests may", file, name)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItPromises(t *testing.T) {
	t.Chdir(root)
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
	t.Chdir(root)
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
	t.Chdir(root)
	drawers := []string{"util", "utils", "common", "core", "model", "types", "manager", "shared", "helpers", "misc"}
	for dir := range goPackages(t) {
		if slices.Contains(drawers, path.Base(dir)) && dir != "store/shared" { // design.md §4: what both engines share
			t.Errorf("package %s: name it by what it is for", dir)
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
