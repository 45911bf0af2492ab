package directory

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for typed, want := range map[string]string{
		"Élodie  D’Œuvre-Exemple": "elodie d'oeuvre-exemple", "  ANNE\u00a0Sophie\t": "anne sophie", "stra\u00dfe": "strasse", "ﬁn": "fin",
		"e\u0301lodie": "elodie", "Camille\u200bExemple": "camille exemple", "": "", "J‑P": "j-p",
	} {
		if got := Fold(typed); got != want {
			t.Errorf("%q folds to %q, want %q", typed, got, want)
		}
	}
}

// TestFoldingTwiceChangesNothing: stores keep a folded column and search it for a folded word.
func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := Fold(rapid.String().Draw(t, "text"))
		if twice := Fold(once); twice != once || !utf8.ValidString(once) {
			t.Errorf("%q folds to %q", once, twice)
		}
	})
}
