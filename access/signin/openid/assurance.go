package openid

import (
	"slices"

	"cloison"
	"cloison/access/signin/refusal"
	"cloison/rules/policy"
)

// acrAccepted lists the levels that are asked for and taken. eidas1-mfa is among them because ProConnect's own identity
// provider has no better; what it is worth is judged on amr.
func acrAccepted() []string { return []string{"eidas1-mfa", "eidas2", "eidas3"} }

// claimsParameter asks for acr and amr (OpenID Connect Core 1.0, section 5.5). There is never an acr_values beside it:
// that hides the real level.
const claimsParameter = `{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]},` +
	`"amr":{"essential":true}}}`

// possession lists the values of amr that stand for a key which signs (RFC 8176): it cannot be phished, nor read from a
// mailbox.
func possession() []string { return []string{"pop", "hwk", "swk"} }

// Assurance says what a login is worth, or why it is refused. ProConnect takes the level of acr from the identity
// provider, so that acr alone proves no second factor, and amr is worth as much as the identity provider's word.
func Assurance(acr string, amr []string, trusted bool) (policy.Assurance, error) {
	named := slices.DeleteFunc(slices.Clone(amr), func(v string) bool { return v == "" || v == "mfa" })
	key := slices.ContainsFunc(named, func(v string) bool { return slices.Contains(possession(), v) })
	switch {
	case !slices.Contains(acrAccepted(), acr):
		return policy.NoAssurance, refusal.New(cloison.Denied, refusal.LevelRefused, "acr %q is none that was asked for", refusal.Clip(acr))
	case len(amr) == 0:
		return policy.NoAssurance, refusal.New(cloison.Denied, refusal.FactorUntold, "no amr")
	case !slices.ContainsFunc(named, func(v string) bool { return v != "mail" }):
		return policy.NoAssurance, refusal.New(cloison.Denied, refusal.FactorMailOnly, "amr names nothing but mail")
	case key && trusted && !slices.Contains(named, "mail"):
		return policy.PhishingResistant, nil
	}
	return policy.Weak, nil
}
