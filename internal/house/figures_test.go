package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// Limits of the house.
const (
	maxRootEntries      = 18   // what ls shows at the root
	maxPackageLines     = 2600 // without tests
	maxStoreLines       = 6300 // store/shared, store/sqlite and store/postgres together, without tests
	maxInterfaceMethods = 8    // written in one interface
	maxGerundFiles      = 5    // product files whose name ends in ing.go
)

// TestFiguresOfTheHouse measures the repository, logs each figure and fails on one that is over its limit.
func TestFiguresOfTheHouse(t *testing.T) {
	t.Chdir(root)
	entries := rootEntries(t)
	t.Logf("entries at the root: %d (at most %d)", len(entries), maxRootEntries)
	if len(entries) > maxRootEntries {
		t.Errorf("%d entries at the root: %s", len(entries), strings.Join(entries, " "))
	}

	packages := productLines(t)
	total, store := 0, 0
	bySize := slices.SortedFunc(maps.Keys(packages), func(a, b string) int { return packages[b] - packages[a] })
	for _, dir := range bySize {
		if !slices.Contains(testCode(), dir) && dir != "internal/testrun" {
			total += packages[dir]
		}
		if strings.HasPrefix(dir, "store/shared") || dir == "store/sqlite" || dir == "store/postgres" {
			store += packages[dir]
		}
		if packages[dir] > maxPackageLines && !slices.Contains(testCode(), dir) {
			t.Errorf("package %s has %d lines: more than %d", dir, packages[dir], maxPackageLines)
		}
	}
	t.Logf("product lines: %d in %d packages", total, len(packages))
	for _, dir := range bySize[:8] {
		t.Logf("lines of %s: %d (at most %d)", dir, packages[dir], maxPackageLines)
	}
	t.Logf("lines of the stores: %d (at most %d)", store, maxStoreLines)
	if store > maxStoreLines {
		t.Errorf("the stores have %d lines: more than %d", store, maxStoreLines)
	}

	wide := wideInterfaces(t)
	t.Logf("interfaces with more than %d methods: %d %v", maxInterfaceMethods, len(wide), wide)
	if len(wide) > 0 {
		t.Errorf("%d interfaces have more than %d methods: %v", len(wide), maxInterfaceMethods, wide)
	}

	gerunds := gerundFiles(t)
	t.Logf("product files that end in ing.go: %d (at most %d)", len(gerunds), maxGerundFiles)
	if len(gerunds) > maxGerundFiles {
		t.Errorf("%d files are named by a gerund: %v", len(gerunds), gerunds)
	}
}

// rootEntries is what ls shows at the root of a clone, without what make leaves there.
func rootEntries(t *testing.T) (names []string) {
	t.Helper()
	made := []string{"cloison", "screenshots", "bench.json"}
	list, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(made, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// productLines counts the lines of each package that are no tests.
func productLines(t *testing.T) map[string]int {
	t.Helper()
	lines := map[string]int{}
	for dir, files := range goPackages(t) {
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				lines[dir] += countLines(t, file)
			}
		}
	}
	return lines
}

// wideInterfaces names the interfaces that have too many methods of their own.
func wideInterfaces(t *testing.T) (names []string) {
	t.Helper()
	for dir, files := range goPackages(t) {
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok {
					return true
				}
				if i, ok := spec.Type.(*ast.InterfaceType); ok {
					methods := 0
					for _, m := range i.Methods.List {
						methods += len(m.Names)
					}
					if methods > maxInterfaceMethods {
						names = append(names, dir+"."+spec.Name.Name)
					}
				}
				return true
			})
		}
	}
	slices.Sort(names)
	return names
}

func gerundFiles(t *testing.T) (names []string) {
	t.Helper()
	for _, files := range goPackages(t) {
		for _, file := range files {
			if strings.HasSuffix(file, "ing.go") {
				names = append(names, file)
			}
		}
	}
	slices.Sort(names)
	return names
}
