package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloison/access/imports"
	"cloison/internal/config"
)

// TestIntakeFromAConfig opens the machines' address as a config file says, with an imported account and tokens in
// files.
func TestIntakeFromAConfig(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first, next := strings.Repeat("a", 32), strings.Repeat("b", 32)
	write("first", first+"\n")
	write("next", next+"\n")
	write("short", "abc\n")
	const text = "intake:\n  listen: 127.0.0.1:0\n  url: https://intake.example/\n  clients:\n    - name: annuaire\n      kind: scim\n" +
		"      account: annuaire@ml1.example\n      token_file: first\n      next_token_file: next\n"
	open := func(text string) (*App, http.Handler, error) {
		write("cloison.yaml", text)
		c, err := config.Load(filepath.Join(dir, "cloison.yaml"))
		if err != nil {
			return nil, nil, err
		}
		a, err := Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now, true)
		if err != nil {
			return nil, nil, err
		}
		t.Cleanup(func() { a.Close() })
		handler, err := a.newIntake(t.Context())
		return a, handler, err
	}
	a, _, err := open(text)
	if err == nil || !strings.Contains(err.Error(), "role source") {
		t.Fatalf("an account that is not there: %v", err)
	}
	for _, file := range []struct {
		kind imports.Kind
		text string
	}{
		{imports.StructuresFile, "code,siret,label,network,area,commune\nML1,35600000000048,Un,UNML,76,29019\n"},
		{imports.AccountsFile, "structure,name,email,idp,sub,roles\nML1,Annuaire,annuaire@ml1.example,,,source\n"},
	} {
		if _, err := a.Imports.Import(t.Context(), file.kind, strings.NewReader(file.text), imports.CSV, imports.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	_, handler, err := open(text)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]int{first: 200, next: 200, "": 401, first + "x": 401} {
		r := httptest.NewRequest(http.MethodGet, "/scim/v2/Users", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("token %q: %d, want %d", token, w.Code, want)
		}
	}
	for name, wrong := range map[string]string{
		"a short token":   strings.Replace(text, "token_file: first", "token_file: short", 1),
		"no file":         strings.Replace(text, "token_file: first", "token_file: none", 1),
		"one token twice": strings.Replace(text, "next_token_file: next", "next_token_file: first", 1),
		"no kind":         strings.Replace(text, "kind: scim", "kind: ldap", 1),
		"no address":      strings.Replace(text, "  listen: 127.0.0.1:0\n", "", 1),
		"plain http":      strings.Replace(text, "https:", "http:", 1),
		"a token in it":   strings.Replace(text, "token_file: first", "token: abc", 1),
	} {
		if _, _, err := open(wrong); err == nil || strings.Contains(err.Error(), first) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, handler, err := open(""); err != nil || handler != nil {
		t.Errorf("without a config it is open: %v, %v", handler, err)
	}
}
