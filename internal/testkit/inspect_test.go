package testkit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloison/internal/testkit"
)

// recorder keeps what an inspector finds.
type recorder struct {
	testing.TB
	found []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

// TestAnInspectorFindsWhatIsWrong shows it pages with one fault each.
func TestAnInspectorFindsWhatIsWrong(t *testing.T) {
	page := func(head, body string) string {
		return `<!doctype html><html lang="fr"><head><title>Page</title><style>` + head + `</style></head><body><main><h1>Page</h1>` + body + `</main></body></html>`
	}
	pages := map[string]struct{ html, want string }{
		"right":     {page("", "<p>Tout va bien.</p>"), ""},
		"pale":      {page("p { color: #bbb }", "<p>Pâle.</p>"), "color-contrast"},
		"dark":      {page("@media (prefers-color-scheme: dark) { p { color: #bbb } }", "<p>Pâle la nuit.</p>"), "dark: color-contrast"},
		"unlabeled": {page("", "<input name=x>"), "label"},
		"broad":     {page("p { width: 900px }", "<p>Large.</p>"), "broader than 320"},
		"scrolling": {page(".scroll { height: 10px; overflow: auto }", `<div class="scroll" tabindex="0" role="region" aria-label="x"><p>a</p><p>b</p></div>`), "a table scrolls"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, pages[strings.TrimPrefix(r.URL.Path, "/")].html)
	}))
	defer server.Close()
	c := testkit.Chromium(t).Window("anybody")
	r := &recorder{TB: t}
	inspector := testkit.NewInspector(r)
	for name, p := range pages {
		r.found = nil
		c.Open(server.URL + "/" + name)
		inspector.Inspect(c, name, false)
		if said := strings.Join(r.found, "\n"); p.want == "" && said != "" || !strings.Contains(said, p.want) {
			t.Errorf("%s: %q, want %q", name, said, p.want)
		}
	}
}
