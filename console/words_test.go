package console

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/incident/exposure"
	"cloison/internal/i18n"
	"cloison/internal/testkit"
)

func newCatalogue(t *testing.T) *Console {
	t.Helper()
	c, err := New(Config{LogDir: t.TempDir(), Directory: directory.New(nil, directory.Settings{}, nil, time.Now),
		Tenure: lifecycle.New(nil, lifecycle.Settings{}, time.UTC, nil, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCatalogueIsWhole holds both languages to each other, and French to its typography.
func TestCatalogueIsWhole(t *testing.T) {
	for _, wrong := range newCatalogue(t).words.Check() {
		t.Error(wrong)
	}
}

// TestEveryKeyThatPagesSayExists reads templates and code: a key that stands in either is in the catalogue.
func TestEveryKeyThatPagesSayExists(t *testing.T) {
	c := newCatalogue(t)
	whole := regexp.MustCompile(`Say "([a-z_]+\.[a-z_.]+)"`)
	said := map[i18n.Key]bool{}
	read := func(text []byte) {
		for _, m := range whole.FindAllSubmatch(text, -1) {
			said[i18n.Key(m[1])] = true
		}
	}
	err := fs.WalkDir(files, "templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, name)
		read(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range testkit.Constants(t, "cloison/internal/i18n.Key", "cloison/console") {
		said[i18n.Key(key)] = true
	}
	for key := range said {
		part := !strings.Contains(string(key), ".") || strings.HasSuffix(string(key), "_") || strings.HasSuffix(string(key), ".") // of a key that is made
		if !part && !c.words.Has(key) && !c.words.Has(key+"_none") && !i18n.Has(key) {
			t.Errorf("%s is said and has no words", key)
		}
	}
	if len(said) < 150 {
		t.Errorf("only %d keys were found: the test reads nothing", len(said))
	}
}

// TestEverySetOfCodesHasWords goes through what other stages may hand over.
func TestEverySetOfCodesHasWords(t *testing.T) {
	c := newCatalogue(t)
	want := func(key string) {
		t.Helper()
		if !c.words.Has(i18n.Key(key)) {
			t.Errorf("%s has no words", key)
		}
	}
	for _, r := range directory.RoleNames() {
		want("role." + r)
	}
	for _, s := range []directory.State{directory.Pending, directory.Active, directory.Suspended, directory.Closed} {
		want("state." + s.String())
		want("account.title_" + s.String())
	}
	for _, f := range cloison.FieldNames() {
		want("category." + f)
	}
	for _, m := range []directory.Means{directory.Caseload, directory.Appointment, directory.Cover, directory.Duty, directory.BreakGlass, "self", "none"} {
		want("means." + string(m))
	}
	for _, g := range []exposure.GapKind{exposure.BeforeLedger, exposure.Retention, exposure.Unsealed, exposure.Unverified, exposure.ClockStep, exposure.Suspended} {
		want("gap." + string(g))
	}
	for _, h := range []string{"named", "maker", "created", "approved", "re-enrolled", "reinstated"} {
		want("how." + h)
	}
	for _, k := range []directory.ProposalKind{directory.NewAccount, directory.Rebind, directory.Reinstate} {
		want("proposal." + string(k))
		want("act.propose_" + string(k))
		want("act.approve_" + string(k))
		want("done.approve_" + string(k))
		want("done.approve_" + string(k) + ".next")
	}
	for _, reasons := range [][]string{suspendReasons(), containReasons(), refuseReasons()} {
		for _, r := range reasons {
			want("reason." + r)
		}
	}
	for _, next := range []string{"signin", "enrolment", "passkey", "presence", "training", "none"} {
		want("door.title_" + next)
	}
	for _, p := range pages() {
		if p.menu {
			want("menu." + p.template)
		}
		if c.templates[p.template] == nil {
			t.Errorf("%s has no template %s", p.path, p.template)
		}
	}
	for _, a := range acts() {
		if keys := c.words.Keys(); !hasPrefix(keys, "act."+string(a.verb)) || !slices.Contains([]signin.Verb{signin.Export, Prove, Trace}, a.verb) && !hasPrefix(keys, "done."+string(a.verb)) {
			t.Errorf("the verb %s has no sentence", a.verb)
		}
	}
}

func hasPrefix(keys []i18n.Key, prefix string) bool {
	for _, k := range keys {
		if strings.HasPrefix(string(k), prefix) {
			return true
		}
	}
	return false
}

// TestEveryRefusalHasWords reads the codes of signin and directory, and those that this package itself refuses with,
// out of their sources.
func TestEveryRefusalHasWords(t *testing.T) {
	c := newCatalogue(t)
	codes := map[string]bool{"not_found": true, "stale": true, "conflict": true, "no_role": true, "internal": true, "field": true, "subject": true}
	for file, kind := range map[string]string{"../access/signin/reason.go": "Reason", "../access/directory/authority.go": "Bar"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := len(codes)
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == kind {
				code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes[code] = true
			}
			return true
		})
		if len(codes) < before+10 {
			t.Errorf("%s: no codes of type %s were found", file, kind)
		}
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			if fn, ok := call.Fun.(*ast.Ident); ok && fn.Name == "refuse" {
				if lit, ok := call.Args[1].(*ast.BasicLit); ok {
					code, _ := strconv.Unquote(lit.Value)
					codes[code] = true
				}
			}
			return true
		})
	}
	for code := range codes {
		if !c.knows(code) {
			t.Errorf("the refusal %s has no words", code)
			continue
		}
		for _, l := range i18n.Languages() {
			for _, part := range []string{"title", "detail", "way_out"} {
				if said := c.say(l, code, part, nil); strings.HasPrefix(said, "refusal.") || said == "" {
					t.Errorf("%s: no %s in %v", code, part, l)
				}
			}
		}
	}
}

// TestEveryEventHasWords reads the codes of the journal's events out of every stage's sources: what stands as the Code
// of an event, and every text that begins as codes do.
func TestEveryEventHasWords(t *testing.T) {
	c := newCatalogue(t)
	subjects := map[string]bool{}
	for _, key := range c.words.Keys() {
		if code, ok := strings.CutPrefix(string(key), "event."); ok {
			subject, _, _ := strings.Cut(code, ".")
			subjects[subject] = true
		}
	}
	code := regexp.MustCompile(`^([a-z]+)\.[a-z_]+$`)
	found := map[string]bool{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "storetest") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, _ := pair.Key.(*ast.Ident)
			if lit, ok := pair.Value.(*ast.BasicLit); ok && lit.Kind == token.STRING && key != nil && key.Name == "Code" {
				said, _ := strconv.Unquote(lit.Value)
				if m := code.FindStringSubmatch(said); m != nil {
					found[said] = true
					subjects[m[1]] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for said := range found {
		if !c.words.Has(i18n.Key("event." + said)) {
			t.Errorf("the event %s has no words", said)
		}
	}
	if len(found) < 25 {
		t.Errorf("only %d codes were found: the test reads nothing", len(found))
	}
}

// TestNothingStandsInAPage looks for what the Content-Security-Policy would stop: scripts, styles and handlers in the
// pages themselves.
func TestNothingStandsInAPage(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	err := fs.WalkDir(files, "templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, name)
		if found := inline.Find(b); found != nil {
			t.Errorf("%s holds %s", name, found)
		}
		if bytes.Contains(b, []byte("http://")) || bytes.Contains(b, []byte("https://")) {
			t.Errorf("%s names another host", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSeek finds each place in lists with and without gaps.
func TestSeek(t *testing.T) {
	for _, list := range [][]int64{{}, {1}, {1, 2, 3}, {5}, {2, 9, 40, 41}, {1000000007}} {
		for _, bound := range append([]int64{0, 1 << 40}, list...) {
			looks := 0
			got, err := seek(func(after int64) (bool, error) {
				looks++
				for _, n := range list {
					if n > after {
						return n >= bound, nil
					}
				}
				return true, nil
			})
			want := int64(0) // the last entry below the bound
			for _, n := range list {
				if n < bound {
					want = n
				}
			}
			if err != nil || got != want || looks > 70 {
				t.Errorf("%v, %d: %d after %d looks, %v; want %d", list, bound, got, looks, err, want)
			}
		}
	}
}

// TestWordsNameTheSettingsThatHold: no text says a number that a config has changed.
func TestWordsNameTheSettingsThatHold(t *testing.T) {
	c, err := New(Config{LogDir: t.TempDir(),
		Directory: directory.New(nil, directory.Settings{ListLines: 51, ListProbationDays: 33, ListEvery: 14 * 24 * time.Hour, CodeLife: 72 * time.Hour}, nil, time.Now),
		Tenure:    lifecycle.New(nil, lifecycle.Settings{DormantAfter: 61 * 24 * time.Hour}, time.UTC, nil, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range i18n.Languages() {
		for key, want := range map[i18n.Key][]string{"list.rules": {"51", "33", "14"}, "refusal.list_too_long.detail": {"51"}, "refusal.list_too_soon.title": {"14"},
			"done.approve_list.next": {"3"}, "reason.dormant": {"61"}, "reach.unused": {"61"}} {
			text := c.speak(l, key, i18n.Params{"n": 2, "persons": 9})
			for _, number := range want {
				if !strings.Contains(text, number) {
					t.Errorf("%s in %v does not say %s: %s", key, l, number, text)
				}
			}
			if strings.Contains(text, "{") {
				t.Errorf("%s in %v: %s", key, l, text)
			}
		}
	}
}
