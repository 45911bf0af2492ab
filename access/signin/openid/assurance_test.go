package openid

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMailIsNeverStrong: a code by mail makes a login weak or refused, whatever else amr says and from any provider; so
// does a key that a provider names without being trusted.
func TestMailIsNeverStrong(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.SampledFrom([]string{"pwd", "mail", "otp", "sms", "pop", "hwk", "swk", "mfa", "pin", "", "POP"})
		amr := rapid.SliceOfN(values, 0, 5).Draw(r, "amr")
		acr := rapid.SampledFrom([]string{"eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3", ""}).Draw(r, "acr")
		trusted := rapid.Bool().Draw(r, "trusted")
		got, err := Assurance(acr, amr, trusted)
		key := slices.ContainsFunc(amr, func(v string) bool { return v == "pop" || v == "hwk" || v == "swk" })
		strong := trusted && key && !slices.Contains(amr, "mail")
		taken := acr == "eidas1-mfa" || acr == "eidas2" || acr == "eidas3"
		switch {
		case !taken && err == nil, len(amr) == 0 && err == nil:
			r.Fatalf("taken as %s", got)
		case err == nil && (got == "phishing_resistant") != strong:
			r.Fatalf("worth %s, want strong %v", got, strong)
		case err != nil && taken && strong:
			r.Fatalf("refused: %v", err)
		}
	})
}
