package gateway

import (
	"go/token"
	"testing"

	"cloison/internal/i18n"
	"cloison/internal/testkit"
)

// TestEveryCodeHasWords finds every reason code of policy, and every one of this package, in the catalogue.
func TestEveryCodeHasWords(t *testing.T) {
	policyCodes := testkit.Constants(t, "cloison/rules/policy.ReasonCode", "cloison/rules/policy")
	own := testkit.Constants(t, "cloison/wall/gateway.refusalCode", "cloison/wall/gateway")
	if len(policyCodes) < 15 {
		t.Errorf("only %d codes of policy found", len(policyCodes))
	}
	for _, code := range []string{"unknown_route", "tool_down", "training_managers_never"} {
		if _, found := own[code]; !found {
			t.Errorf("the code %s is not found among %v", code, own)
		}
	}
	for _, codes := range []map[string]token.Position{policyCodes, own} {
		for code, at := range codes {
			for _, part := range []string{"title", "detail", "way_out"} {
				if key := i18n.Key("refusal." + code + "." + part); !i18n.Has(key) {
					t.Errorf("%v: %s has no words", at, key)
				}
			}
		}
	}
}
