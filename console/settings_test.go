package console_test

import (
	"cloison/console/oversight"
	"strings"
	"testing"
)

// settingsShown is a config with one of each kind of value.
func settingsShown() []oversight.SettingGroup {
	both := func(fr, en string) map[string]string { return map[string]string{"fr": fr, "en": en} }
	return []oversight.SettingGroup{
		{Name: "policy", Title: both("Plafonds, détection et durées", "Caps, detection and terms"), Settings: []oversight.Setting{
			{Key: "policy.account_per_day", Value: 1200, Unit: both("personnes par jour", "persons a day"), Source: "cloison.yaml", Line: 12,
				Meaning: both("Nombre de personnes distinctes qu’une habilitation peut consulter en un jour.", "How many persons in a day.")},
			{Key: "policy.unexplained_share", Value: 0.05, Unit: both("part, de 0 à 1", "share, from 0 to 1"), Source: "default",
				Meaning: both("Part des consultations sans rattachement tenue pour normale.", "The normal share.")},
			{Key: "policy.manual_containment", Value: false, Source: "default", Meaning: both("Une alarme forte attend un officier.", "A hard alarm waits.")},
		}},
		{Name: "general", Title: both("Général", "General"), Settings: []oversight.Setting{
			{Key: "tools", Value: []string{"<dossiers>", "suivi"}, Source: "default", Meaning: both("Outils métier.", "Business tools.")},
			{Key: "mail.host", Value: "", Source: "default", Meaning: both("Relais de messagerie.", "The mail relay.")},
		}},
	}
}

func TestSettingsAreShownInWords(t *testing.T) {
	w := newWorld(t)
	officer := w.staff()["officer"]
	for _, c := range []struct {
		lang string
		want []string
	}{
		{"fr", []string{"1 réglage a été choisi ici", "1\u202f200 personnes par jour", "0,05 part", "cloison.yaml, ligne 12", "valeur d’origine", "&lt;dossiers&gt;, suivi", ">vide<", ">non<"}},
		{"en", []string{"1 setting was chosen here", "1,200 persons a day", "0.05 share", "cloison.yaml, line 12", ">default<", ">empty<", ">no<"}},
	} {
		page := officer.get("/reglages?lang="+c.lang, "text/html")
		for _, want := range c.want {
			if !strings.Contains(page.body, want) {
				t.Errorf("the page in %s does not say %q:\n%s", c.lang, want, page.body)
			}
		}
	}
	var shown struct {
		Settings []oversight.SettingGroup `json:"settings"`
	}
	officer.json("/reglages", &shown)
	if len(shown.Settings) != 2 || shown.Settings[0].Settings[0].Line != 12 || shown.Settings[0].Settings[0].Value != 1200.0 {
		t.Errorf("%+v", shown)
	}
}
