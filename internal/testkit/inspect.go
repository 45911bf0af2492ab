package testkit

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

//go:embed pagecheck
var pageCheck embed.FS

// Inspector holds pages against what everybody may expect of them: axe-core finds nothing wrong by WCAG 2.2 AA and RGAA
// 4, the HTML is valid (when the test ends, all pages at once: the checker takes a second to start), and nothing is
// broader than a phone of 320 pixels, which is also a desk at 400 %. On a desk no table scrolls inside the page.
type Inspector struct {
	t     testing.TB
	axe   string // its script
	jar   string
	html  string // folder of the pages' sources
	shots string // folder of the pictures; empty: none are taken
	pages int
}

// NewInspector installs axe-core and the Nu HTML checker. Pictures go to $CLOISON_SCREENSHOTS, if that is set.
func NewInspector(t testing.TB) *Inspector {
	t.Helper()
	files, err := fs.Sub(pageCheck, "pagecheck")
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(NPM(t, "pagecheck", files), "node_modules")
	script, err := os.ReadFile(filepath.Join(modules, "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	i := &Inspector{t: t, axe: string(script), jar: filepath.Join(modules, "vnu-jar", "build", "dist", "vnu.jar"), html: t.TempDir(),
		shots: os.Getenv("CLOISON_SCREENSHOTS")}
	if i.shots != "" {
		if err := os.MkdirAll(i.shots, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(i.valid)
	return i
}

// Inspect looks at the page that the window shows, by light and in the dark; a page that has an address of its own in
// both languages.
func (i *Inspector) Inspect(w *Window, name string, addressed bool) {
	i.t.Helper()
	if !addressed {
		i.look(w, name)
		return
	}
	here := w.At()
	for _, lang := range []string{"en", "fr"} { // French last: it stays
		w.Open(inLanguage(here, lang))
		i.look(w, name+"-"+lang)
	}
}

func inLanguage(address, lang string) string {
	path, query, _ := strings.Cut(address, "?")
	kept := []string{"lang=" + lang}
	for _, pair := range strings.Split(query, "&") {
		if pair != "" && !strings.HasPrefix(pair, "lang=") {
			kept = append(kept, pair)
		}
	}
	return path + "?" + strings.Join(kept, "&")
}

// look holds the page against all of it by light, and against its contrast, which alone may differ, in the dark.
func (i *Inspector) look(w *Window, name string) {
	i.t.Helper()
	w.light("light")
	Eval[bool](w, i.axe+"; true")
	i.accessible(w, name+" light", `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4", "best-practice"]`)
	i.keep(w, name)
	const inner = `[...document.querySelectorAll(".scroll")].filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
		.map((e) => e.textContent.trim().slice(0, 40))`
	if regions := Eval[[]string](w, inner); len(regions) > 0 {
		i.t.Errorf("%s: on a desk of 1280 pixels a table scrolls inside the page: %v", name, regions)
	}
	w.light("dark")
	i.accessible(w, name+" dark", `{type: "rule", values: ["color-contrast"]}`)
	w.Resize(320, 640)
	const over = `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll"))
		.slice(0, 3).map((e) => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40))`
	if broad := Eval[int](w, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); broad > 0 {
		i.t.Errorf("%s is %d pixels broader than 320: %v", name, broad, Eval[[]string](w, over))
	}
	for _, scheme := range []string{"light", "dark"} {
		for kind, width := range map[string]int64{"phone": 390, "desk": 1280} {
			if i.shots != "" {
				w.Picture(filepath.Join(i.shots, name+"-"+scheme+"-"+kind+".png"), width, scheme == "dark")
			}
		}
	}
	w.light("light")
	w.Resize(1280, 800)
}

// light shows the pages of the window by light or in the dark.
func (w *Window) light(scheme string) {
	w.Helper()
	command(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// accessible runs rules of axe-core, which is in the page already. What passes is not written out.
func (i *Inspector) accessible(w *Window, name, rules string) {
	i.t.Helper()
	found := Eval[[]string](w, `axe.run(document, {runOnly: `+rules+`, resultTypes: ["violations"], selectors: false}).then((r) => r.violations.map((v) => v.id + ": " + v.help + " → " +
		v.nodes.map((n) => n.html.slice(0, 160) + " " + n.any.map((a) => a.message).join("; ")).join(" | ")))`)
	for _, f := range found {
		i.t.Errorf("axe: %s: %s", name, f)
	}
}

// keep stores the page as a browser writes it out, for the HTML checker.
func (i *Inspector) keep(w *Window, name string) {
	i.t.Helper()
	i.pages++
	source := "<!doctype html>\n" + Eval[string](w, `document.documentElement.outerHTML`)
	file := filepath.Join(i.html, fmt.Sprintf("%03d-%s.html", i.pages, strings.ReplaceAll(name, "/", "-")))
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		i.t.Fatal(err)
	}
}

// valid holds every page's HTML against the Nu HTML checker.
func (i *Inspector) valid() {
	if i.pages == 0 || i.t.Failed() && os.Getenv("CI") == "" {
		return
	}
	java, err := exec.LookPath("java")
	if err != nil {
		if os.Getenv("CI") != "" {
			i.t.Errorf("java is not installed: run scripts/need")
		}
		i.t.Logf("java is not installed: the HTML of %d pages was not checked; make test installs it", i.pages)
		return
	}
	out, err := exec.Command(java, "-Xss1m", "-jar", i.jar, "--exit-zero-always", "--errors-only", "--format", "json", "--stdout", i.html).Output()
	if err != nil {
		i.t.Errorf("the HTML checker: %v", err)
		return
	}
	var said struct {
		Messages []struct{ URL, Message, Extract string }
	}
	if err := json.Unmarshal(out, &said); err != nil {
		i.t.Errorf("the HTML checker says %q: %v", out, err)
	}
	seen := map[string]bool{}
	for _, m := range said.Messages {
		if seen[m.Message] {
			continue
		}
		seen[m.Message] = true
		i.t.Errorf("HTML: %s: %s: %s", filepath.Base(m.URL), m.Message, strings.TrimSpace(m.Extract))
	}
}
