package web

import (
	"os"
	"strings"
	"testing"

	"cloison"
)

// TestOurOwnLookIsATheme holds the console's own colours against what it asks of an operator's.
func TestOurOwnLookIsATheme(t *testing.T) {
	if err := CheckTheme(nil); err != nil {
		t.Error(err)
	}
	if got := contrast("#000000", "#ffffff"); got != 21 {
		t.Errorf("black on white is %v", got)
	}
}

// TestThemes tries what an operator may write, by mistake or not.
func TestThemes(t *testing.T) {
	for name, c := range map[string]struct{ css, says string }{
		"one colour":       {"/* blue */\n:root { --sea: #004b87; --corner: 2px; }", ""},
		"both":             {":root{--face: Marianne, sans-serif}\n@media (prefers-color-scheme: dark) { :root { --sea: #9fd0ff; } }", ""},
		"unreadable":       {":root { --ink: #dddddd; }", "contrast"},
		"dark unreadable":  {"@media (prefers-color-scheme: dark) { :root { --ink: #222222; } }", "contrast"},
		"hides warnings":   {".note { display: none }", "nothing else"},
		"a second block":   {":root { --sea: #004b87 } .x{}", "nothing else"},
		"loads a file":     {`:root { --sea: url(//voleur.example/x); }`, "may not be"},
		"imports":          {`@import "//voleur.example/x.css";`, "nothing else"},
		"breaks out":       {":root { --sea: #004b87} body{display:none", "nothing else"},
		"an unknown name":  {":root { --see: #004b87; }", "no name"},
		"a named colour":   {":root { --sea: red; }", "may not be"},
		"a property":       {":root { display: none; }", "no name with a value"},
		"ends the comment": {"/* */ */ :root{}", "nothing else"},
		"too long":         {strings.Repeat(" ", maxTheme+1), "bytes"},
	} {
		err := CheckTheme([]byte(c.css))
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || cloison.KindOf(err) != cloison.Invalid):
			t.Errorf("%s: %v, want one that says %s", name, err, c.says)
		}
	}
}

// TestTheGuideNamesEveryToken holds docs/theme.md to the style sheet.
func TestTheGuideNamesEveryToken(t *testing.T) {
	css, err := files.ReadFile("static/cloison.css")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../docs/operate/theme.md")
	if err != nil {
		t.Fatal(err)
	}
	light, _ := ownTokens(string(css))
	for name := range light {
		if !strings.Contains(string(guide), "`--"+name+"`") {
			t.Errorf("docs/theme.md does not say what --%s is", name)
		}
	}
}

// FuzzCheckTheme looks for a theme that is taken and holds more than names and values.
func FuzzCheckTheme(f *testing.F) {
	f.Add(":root { --sea: #004b87; }")
	f.Add("@media (prefers-color-scheme: dark) { :root { --sea: #9fd0ff; } }")
	f.Add("/* */ :root { --face: \"x\", y; }")
	f.Fuzz(func(t *testing.T, css string) {
		if CheckTheme([]byte(css)) != nil {
			return
		}
		for strings.Contains(css, "/*") {
			before, rest, _ := strings.Cut(css, "/*")
			_, after, ended := strings.Cut(rest, "*/")
			if !ended {
				t.Fatalf("%q ends in a comment", css)
			}
			css = before + after
		}
		if strings.ContainsAny(css, `\<>@[]`) && !strings.Contains(css, "@media") || strings.Contains(css, "url(") || strings.Count(css, "{") > 3 {
			t.Errorf("%q was taken", css)
		}
	})
}
