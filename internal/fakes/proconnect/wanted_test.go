package proconnect

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func FuzzReadWanted(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", `{"id_token":null}`, `{"id_token":{"acr":null,"amr":null}}`,
		`{"id_token":{"acr":{"essential":true,"value":"eidas2"}}}`, `{"id_token":{"acr":{"essential":1}}}`, `[`,
		`{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]},"amr":{"essential":true}}}`} {
		f.Add(seed, "eidas1")
	}
	f.Fuzz(func(t *testing.T, claims, acrValues string) {
		w, err := readWanted(claims, acrValues)
		if err == nil && w.eidas1 && len(w.acrs) > 0 {
			t.Errorf("%q, %q: an essential acr is reported as eidas1", claims, acrValues)
		}
	})
}

// Whatever is asked of whatever account, a completed login is worth what was asked, and a code by e-mail shows in amr.
func TestALoginIsWorthWhatWasAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.SampledFrom(acrs())
		w := wanted{acrs: rapid.SliceOfDistinct(rapid.OneOf(level, rapid.Just("inconnu")), rapid.ID[string]).Draw(t, "asked")}
		a := Account{Acr: level.Draw(t, "acr"), MailCode: rapid.Bool().Draw(t, "mail"), Key: rapid.SampledFrom([]string{"", "k"}).Draw(t, "key"),
			Amr: []string{"pwd"}}
		next, acr, amr, err := w.next(a)
		if err != nil {
			if w.satisfied(a.Acr) {
				t.Fatal("an account whose level was asked is refused")
			}
			return
		}
		if !w.satisfied(acr) {
			t.Fatalf("the login is worth %s: asked %v", acr, w.acrs)
		}
		if (next == stepMail) != slices.Contains(amr, "mail") || next == stepMail && acr == a.Acr {
			t.Fatalf("step %d, acr %s, amr %v", next, acr, amr)
		}
		if next == stepDone && a.Key != "" {
			t.Fatal("the key was not asked")
		}
	})
}
