package directory

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSIRET: one wrong digit is always found; La Poste's establishments follow their own rule.
func TestSIRET(t *testing.T) {
	for siret, want := range map[string]bool{"35600000000048": true, "35600000000001": true, "35600000000002": false,
		"00000000000018": true, "00000000000001": false, "0000000000001": false, "0000000000001x": false, "": false} {
		if validSIRET(siret) != want {
			t.Errorf("%q: want %v", siret, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringMatching(`1[0-9]{12}`).Draw(t, "digits"))
		right := 0
		for c := byte('0'); c <= '9'; c++ {
			if validSIRET(string(append(b[:13:13], c))) {
				right++
			}
		}
		if right != 1 {
			t.Fatalf("%s has %d check digits", b, right)
		}
	})
}
