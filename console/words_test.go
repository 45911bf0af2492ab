package console_test

import (
	"bytes"
	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/console"
	"cloison/console/oversight"
	"cloison/console/web"
	"cloison/incident/exposure"
	"cloison/internal/i18n"
	"cloison/internal/testkit"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	template "text/template/parse"
	"time"
)

// TestCatalogueIsWhole holds both languages to each other, and French to its typography.
func TestCatalogueIsWhole(t *testing.T) {
	for _, wrong := range console.Tables().Words().Check() {
		t.Error(wrong)
	}
}

// texts lists any kind of string codes as text.
func texts[S ~string](codes ...S) []string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = string(c)
	}
	return list
}

// families lists the codes of each family of keys: what the stages may hand over. A family whose codes need no words of
// their own (a page then shows the code, or another phrase) has none here.
func families() map[web.Family][]string {
	states := []string{}
	for _, s := range []directory.State{directory.Pending, directory.Active, directory.Suspended, directory.Closed} {
		states = append(states, s.String())
	}
	kinds := texts(approval.NewAccount, approval.Rebind, approval.Reinstate, approval.NewRoles, approval.NewAccounts)
	courses := texts(directory.Awareness, directory.ManagersCourse)
	reasons := []string{"dormant"}
	for _, f := range console.Tables().Forms() {
		for _, fd := range f.Fields {
			reasons = append(reasons, fd.Codes...)
		}
	}
	return map[web.Family][]string{
		"account.title_": states, "state.": states, "over.title_": {"active", "suspended", "closed"},
		"over.by_": {"self", "network", "structure", "system"}, "over.way_out_": {"suspended", "closed"}, "over.why_": nil,
		"role.": directory.RoleNames(), "category.": cloison.FieldNames(), "proposal.": kinds, "reason.": reasons,
		"means.": append(texts(explanation.Caseload, explanation.Appointment, explanation.Cover, explanation.Duty, explanation.BreakGlass), "self", "none"),
		"gap.":   texts(exposure.BeforeLedger, exposure.Retention, exposure.Unsealed, exposure.Unverified, exposure.ClockStep, exposure.Suspended),
		"how.":   {"named", "maker", "created", "approved", "re-enrolled", "reinstated", "changed"}, "like.": texts(approval.SameEmail, approval.LikeEmail, approval.SameName),
		"line.": texts(approval.LineFaults()...), "letter.": texts(letters.Kinds()...), "letter_state.": texts(letters.States()...),
		"letter_as.": nil, "letter_reply.": nil,
		"door.title_":   {"signin", "enrolment", "passkey", "presence", "training", "none"},
		"course.title_": texts(training.Passed, training.Failed, training.Lapsed), "courses.shut_": courses, "training.never_": courses,
		"training.valid_": courses, "training.expired_": courses,
		"alarm.": {"soft", "hard"}, "alarm.of_": {"account", "lineage", "structure"}, "space.alarm_": {"calm", "soft", "hard"},
		"merger.state_": texts(lifecycle.MergerOpen, lifecycle.MergerApproved, lifecycle.MergerRefused, lifecycle.MergerDone), "review.": texts(lifecycle.Keep, lifecycle.Suspend, lifecycle.Leaves, lifecycle.Lapsed),
		"request.":       texts(explanation.CoverRequest, explanation.BreakGlassRequest),
		"request_state.": append(texts(explanation.Open, explanation.Confirmed, explanation.Declined, explanation.Withdrawn), "over"),
		"menu.":          nil, "act.": nil, "done.": nil, "field.": nil, "refusal.": nil, "event.": nil, // the tests below
		"fault": nil, "fault.": nil, "missing": nil, "long": nil, "short": nil, "detail.": nil, "operation.": nil, "browser.": nil, "system.": nil,
		"kind.": nil, "assurance.": nil,
	}
}

// TestEveryKeyHasWords lists the keys that stand in code and templates, and those that families make.
func TestEveryKeyHasWords(t *testing.T) {
	site := console.Tables()
	keys, used := map[string]string{}, map[string]string{}
	for key, at := range testkit.Constants(t, "cloison/internal/i18n.Key", "cloison/console/...") {
		keys[key] = at.String()
	}
	for family, at := range testkit.Constants(t, "cloison/console/web.Family", "cloison/console/...") {
		used[family] = at.String()
	}
	for page, tmpl := range site.Templates() {
		for _, one := range tmpl.Templates() {
			if one.Tree == nil {
				continue
			}
			calls(one.Tree.Root, func(method, text string) {
				switch method {
				case "Say":
					keys[text] = page
				case "Key", "Code":
					used[text] = page
				}
			})
		}
	}
	known := families()
	for family, at := range used {
		codes, ok := known[web.Family(family)]
		if !ok {
			t.Errorf("%s: nobody knows the codes of the family %q", at, family)
		}
		for _, code := range codes {
			if key := web.Family(family).Of(code); !site.Words().Has(key) {
				t.Errorf("%s: %s has no words", at, key)
			}
		}
	}
	for key, at := range keys {
		if strings.Contains(key, ".") && !site.Words().Has(i18n.Key(key)) && !i18n.Has(i18n.Key(key)) {
			t.Errorf("%s: %s is said and has no words", at, key)
		}
	}
	if len(keys) < 400 || len(used) < 35 {
		t.Errorf("only %d keys and %d families were found: the test reads nothing", len(keys), len(used))
	}
}

// calls finds each method of the sheet that a template calls with a text first.
func calls(n template.Node, found func(method, text string)) {
	branch := func(b *template.BranchNode) {
		calls(b.Pipe, found)
		calls(b.List, found)
		if b.ElseList != nil {
			calls(b.ElseList, found)
		}
	}
	switch n := n.(type) {
	case *template.ListNode:
		for _, each := range n.Nodes {
			calls(each, found)
		}
	case *template.ActionNode:
		calls(n.Pipe, found)
	case *template.IfNode:
		branch(&n.BranchNode)
	case *template.RangeNode:
		branch(&n.BranchNode)
	case *template.WithNode:
		branch(&n.BranchNode)
	case *template.TemplateNode:
		if n.Pipe != nil {
			calls(n.Pipe, found)
		}
	case *template.PipeNode:
		for _, c := range n.Cmds {
			calls(c, found)
		}
	case *template.CommandNode:
		names := []string{""}
		switch f := n.Args[0].(type) {
		case *template.VariableNode:
			names = f.Ident
		case *template.FieldNode:
			names = f.Ident
		}
		if len(n.Args) > 1 {
			if text, ok := n.Args[1].(*template.StringNode); ok {
				found(names[len(names)-1], text.Text)
			}
		}
		for _, a := range n.Args {
			calls(a, found)
		}
	}
}

// TestEveryPageActAndFieldHasWords goes through the tables.
func TestEveryPageActAndFieldHasWords(t *testing.T) {
	site := console.Tables()
	want := func(key i18n.Key) {
		t.Helper()
		if !site.Words().Has(key) {
			t.Errorf("%s has no words", key)
		}
	}
	for _, k := range []approval.ProposalKind{approval.NewAccount, approval.Rebind, approval.Reinstate} {
		want(web.Family("act.propose_").Of(k))
		want(web.Family("act.approve_").Of(k))
		want(web.Family("done.approve_").Of(k))
		want(web.Family("done.approve_").Of(k) + ".next")
	}
	for _, p := range site.Pages() {
		if slices.Contains(console.Menu(), p.Path) {
			want(web.Family("menu.").Of(p.Template))
		}
		if site.Templates()[p.Template] == nil {
			t.Errorf("%s has no template %s", p.Path, p.Template)
		}
	}
	prefix := func(prefix string) bool {
		return slices.ContainsFunc(site.Words().Keys(), func(k i18n.Key) bool { return strings.HasPrefix(string(k), prefix) })
	}
	for _, a := range site.Acts() {
		ends := slices.Contains([]signin.Verb{signin.Export, oversight.Prove, oversight.Trace}, a.Verb) // on a page or a file of its own
		if !prefix("act."+string(a.Verb)) || !ends && !prefix("done."+string(a.Verb)) {
			t.Errorf("the verb %s has no sentence", a.Verb)
		}
	}
	for _, f := range site.Forms() {
		for _, fd := range f.Fields {
			if f.Name != "answer" && fd.Kind != web.Table { // the question itself, and a table that the page writes
				want(fd.Words())
			}
		}
	}
}

// TestEveryRefusalHasWords lists the codes with which this room refuses, and those of the stages.
func TestEveryRefusalHasWords(t *testing.T) {
	site := console.Tables()
	codes := map[string]bool{}
	for kind, where := range map[string]string{"cloison/console/web.Reason": "cloison/console/...", "cloison/access/signin/refusal.Reason": "cloison/access/signin/...",
		"cloison/access/directory.DenyReason": "cloison/access/directory"} {
		before := len(codes)
		for code := range testkit.Constants(t, kind, where) {
			if code != "" {
				codes[code] = true
			}
		}
		if len(codes) < before+10 {
			t.Errorf("no codes of type %s were found", kind)
		}
	}
	for code := range codes {
		if !site.Knows(code) {
			t.Errorf("the refusal %s has no words", code)
			continue
		}
		for _, l := range i18n.Languages() {
			for _, part := range []string{"title", "detail", "way_out"} {
				if said := site.SayRefusal(l, code, part, nil); strings.HasPrefix(said, "refusal.") || said == "" {
					t.Errorf("%s: no %s in %v", code, part, l)
				}
			}
		}
	}
}

// TestEveryEventHasWords reads the codes of the journal's events out of every stage's sources: what stands as the Code
// of an event, and every text that begins as codes do.
func TestEveryEventHasWords(t *testing.T) {
	site := console.Tables()
	subjects := map[string]bool{}
	for _, key := range site.Words().Keys() {
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
		if !site.Words().Has(i18n.Key("event." + said)) {
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
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".html" {
			return err
		}
		b, err := os.ReadFile(name)
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

// TestWordsNameTheSettingsThatHold: no text says a number that a config has changed.
func TestWordsNameTheSettingsThatHold(t *testing.T) {
	site, err := console.TablesOf(console.Config{
		Approvals: approval.New(nil, nil, approval.Settings{ListLines: 51, ListProbationDays: 33, ListEvery: 14 * 24 * time.Hour, CodeLife: 72 * time.Hour}, time.Now), Explanations: explanation.New(nil, nil, explanation.Settings{}, time.Now),
		Lifecycle: lifecycle.New(nil, lifecycle.Settings{DormantAfter: 61 * 24 * time.Hour}, time.UTC, nil, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range i18n.Languages() {
		for key, want := range map[i18n.Key][]string{"list.rules": {"51", "33", "14"}, "refusal.list_too_long.detail": {"51"}, "refusal.list_too_soon.title": {"14"},
			"done.approve_list.next": {"3"}, "reason.dormant": {"61"}, "reach.unused": {"61"}} {
			text := site.Speak(l, key, i18n.Params{"n": 2, "persons": 9})
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
