package policy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/rules/limits"
	"cloison/rules/policy"
)

// TestCaseReadsBack: what is stored is all that the decision stood on.
func TestCaseReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := policy.Case{Rules: policy.Rules, Settings: drawSettings(t), Facts: drawFacts(t)}
		for range len(policy.Decide(want.Settings, want.Facts).Charges(want.Facts).Persons) {
			want.Verdicts = append(want.Verdicts, limits.Verdict(rapid.IntRange(0, int(limits.Incomplete)).Draw(t, "verdict")))
		}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := policy.ReadCase(b)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s read back as %+v, %v", b, got, err)
		}
		if !reflect.DeepEqual(got.Decide(), want.Decide()) {
			t.Fatal("the replay decides otherwise")
		}
	})
}

// TestZoneAndClockReadingPlayNoPart: facts gathered in Paris with a monotonic clock are decided as their stored form
// is, elsewhere.
func TestZoneAndClockReadingPlayNoPart(t *testing.T) {
	paris := time.FixedZone("CET", 3600)
	f := ordinary()
	f.Now = time.Now().In(paris)
	f.Account.AwarenessUntil = f.Now.Add(-time.Hour)
	c := policy.Case{Rules: policy.Rules, Settings: policy.Default(), Facts: f}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := policy.ReadCase(b)
	if err != nil {
		t.Fatal(err)
	}
	here, there := c.Decide(), stored.Decide()
	if text(t, here) != text(t, there) || here.Reasons[0].Until.Location() != time.UTC {
		t.Fatalf("%s\n%s", text(t, here), text(t, there))
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestOldCasesReplay decides the cases of testdata again. Their decisions never change: when a change of the rules
// breaks one, the rules get a new number and the old ones stay.
func TestOldCasesReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var kept struct {
			Case     json.RawMessage
			Decision policy.Decision
		}
		if err := json.Unmarshal(b, &kept); err != nil {
			t.Fatal(file, err)
		}
		c, err := policy.ReadCase(kept.Case)
		if err != nil {
			t.Fatal(file, err)
		}
		if got, want := text(t, c.Decide()), text(t, kept.Decision); got != want {
			t.Errorf("%s decides\n%s\nonce it decided\n%s", file, got, want)
		}
	}
}

func TestCasesOfOtherRulesAreRefused(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":          "",
		"no rules":         "{}",
		"later rules":      `{"rules": 2}`,
		"a new fact":       `{"rules": 1, "facts": {"weather": "fair"}}`,
		"an unknown level": `{"rules": 1, "facts": {"alarm": "red"}}`,
		"two cases":        `{"rules": 1} {"rules": 1}`,
		"half a case":      `{"rules": 1`,
	} {
		if _, err := policy.ReadCase([]byte(b)); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadCase(f *testing.F) {
	for _, facts := range []policy.Facts{{}, ordinary()} {
		f.Add([]byte(text(f, policy.Case{Rules: policy.Rules, Settings: policy.Default(), Facts: facts})))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := policy.ReadCase(b)
		if err != nil {
			return
		}
		d := c.Decide()
		if err := sound(c.Settings, c.Facts, d); err != nil {
			t.Fatalf("%v: %+v", err, d)
		}
	})
}
