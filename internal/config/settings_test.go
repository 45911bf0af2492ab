package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/i18n"
	"cloison/rules/policy"
)

var update = flag.Bool("update", false, "write docs/reference/config.md")

// TestEverySettingIsExplained holds the config's keys and the words about them to each other.
func TestEverySettingIsExplained(t *testing.T) {
	words, err := settingWords()
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range words.Check() {
		t.Error(wrong)
	}
	keys := map[string]bool{}
	for _, of := range (&Config{}).each() {
		keys[of.key] = true
		wanted := []string{"setting." + of.key, "section." + of.section}
		if of.unit != "" {
			wanted = append(wanted, "unit."+of.unit)
		}
		for _, want := range wanted {
			if !words.Has(i18n.Key(want)) {
				t.Errorf("settings/fr.json and en.json do not say %s", want)
			}
		}
		if of.since == "" {
			t.Errorf("%s: no tag says since which version it is known", of.key)
		}
	}
	for _, key := range words.Keys() {
		if of, is := strings.CutPrefix(string(key), "setting."); is && !keys[of] {
			t.Errorf("%s explains a key that is not there", key)
		}
	}
}

// TestReferenceIsFresh holds docs/reference/config.md to the config.
func TestReferenceIsFresh(t *testing.T) {
	const file = "../../docs/reference/config.md"
	want, err := Reference()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/reference/config.md is stale (%v): go test ./internal/config -update", err)
	}
}

// TestDefaultsAreTheStagesOwn: a file that says nothing gives each stage what the stage takes when nobody says anything.
func TestDefaultsAreTheStagesOwn(t *testing.T) {
	c, err := Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	ownDirectory := directory.Settings{}.Effective()
	ownDirectory.Zone = nil // the config's, which app gives
	if got, want := c.DirectorySettings(), ownDirectory; got != want {
		t.Errorf("the directory gets %+v, its own defaults are %+v", got, want)
	}
	if got, want := c.ApprovalSettings(), (approval.Settings{}).Effective(); got.Effective() != want {
		t.Errorf("the proposals get %+v, their own defaults are %+v", got, want)
	}
	if got, want := c.ExplanationSettings(), (explanation.Settings{}).Effective(); got.Effective() != want {
		t.Errorf("the desk gets %+v, its own defaults are %+v", got, want)
	}
	want := policy.Default()
	want.PasskeyFresh = c.Sessions.Absolute
	if got := c.PolicySettings(); !reflect.DeepEqual(got, want) {
		t.Errorf("the rules get %+v, their own defaults are %+v", got, want)
	}
}

// TestSettingsSayWhereTheyComeFrom: the value that holds, whether it is the file's or ours, and no secret.
func TestSettingsSayWhereTheyComeFrom(t *testing.T) {
	text := "policy:\n  account_per_day: 40\n  hard_level: 90000\nsessions: {idle: 20m}\n\ntrusted_proxies:\n  - 10.0.0.0/8\n"
	c, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c.file, c.lines = "cloison.yaml", keyLines([]byte(text))
	groups, err := c.Settings()
	if err != nil {
		t.Fatal(err)
	}
	if groups[0].Name != "policy" {
		t.Errorf("the first section is %s", groups[0].Name)
	}
	got := map[string]string{}
	for _, g := range groups {
		for _, s := range g.Settings {
			got[s.Key] = strings.TrimSpace(strings.Join([]string{fmt.Sprint(s.Value), s.Source, fmt.Sprint(s.Line)}, " "))
			if s.Meaning[i18n.French.String()] == "" || s.Meaning["en"] == "" {
				t.Errorf("%s means nothing", s.Key)
			}
		}
	}
	for key, want := range map[string]string{
		"policy.account_per_day": "40 cloison.yaml 2", "policy.hard_level": "90000 cloison.yaml 3", "sessions.idle": "20m cloison.yaml 4",
		"trusted_proxies": "[10.0.0.0/8] cloison.yaml 6", "policy.probation_per_day": "20 default 0", "sessions.absolute": "4h default 0",
		"policy.proposals_per_manager": "3 default 0", "policy.probation_days": "10 default 0", "policy.unexplained_share": "0.05 default 0",
		"policy.manual_containment": "false default 0", "tools": "[] default 0", "mail.port": "587 default 0",
	} {
		if got[key] != want {
			t.Errorf("%s: %q, want %q", key, got[key], want)
		}
	}
}

// TestListsMayOnlyBeStricter: no config makes of a list a way around what holds one by one.
func TestListsMayOnlyBeStricter(t *testing.T) {
	for text, want := range map[string]string{
		"list_lines: 201": "policy.list_lines", "list_lines: -1": "policy.list_lines", "list_every_days: -7": "policy.list_every_days",
		"list_probation_days: 9": "policy.list_probation_days", "{probation_days: 30, list_probation_days: 20}": "policy.list_probation_days",
	} {
		if !strings.HasPrefix(text, "{") {
			text = "{" + text + "}"
		}
		if _, err := Parse([]byte("policy: " + text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	c, err := Parse([]byte("policy: {probation_days: 30, list_lines: 50, list_every_days: 14}"))
	if err != nil {
		t.Fatal(err)
	}
	d := c.ApprovalSettings().Effective()
	if d.ListLines != 50 || d.ListProbationDays != 30 || d.ListEvery != 14*24*time.Hour {
		t.Errorf("the directory gets %+v", d)
	}
}
