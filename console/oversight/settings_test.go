package oversight_test

import (
	"cloison/console/oversight"
	"cloison/internal/testkit/consolekit"
	"strings"
	"testing"
)

func TestSettingsAreShownInWords(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Staff()["officer"]
	for _, c := range []struct {
		lang string
		want []string
	}{
		{"fr", []string{"1 réglage a été choisi ici", "1\u202f200 personnes par jour", "0,05 part", "cloison.yaml, ligne 12", "valeur d’origine", "&lt;dossiers&gt;, suivi", ">vide<", ">non<"}},
		{"en", []string{"1 setting was chosen here", "1,200 persons a day", "0.05 share", "cloison.yaml, line 12", ">default<", ">empty<", ">no<"}},
	} {
		page := officer.Get("/reglages?lang="+c.lang, "text/html")
		for _, want := range c.want {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the page in %s does not say %q:\n%s", c.lang, want, page.Body)
			}
		}
	}
	var shown struct {
		Settings []oversight.SettingGroup `json:"settings"`
	}
	officer.JSON("/reglages", &shown)
	if len(shown.Settings) != 2 || shown.Settings[0].Settings[0].Line != 12 || shown.Settings[0].Settings[0].Value != 1200.0 {
		t.Errorf("%+v", shown)
	}
}
