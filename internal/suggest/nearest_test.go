package suggest

import (
	"testing"

	"pgregory.net/rapid"
)

func TestWord(t *testing.T) {
	keys := []string{"listen", "upstream", "routes", "fields"}
	for word, want := range map[string]string{"lisen": "listen", "upstraem": "upstream", "field": "fields", "zebra": "", "": ""} {
		if got := Word(word, keys); got != want {
			t.Errorf("Word(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[abc]{0,6}`)
		a, b, c := s.Draw(t, "a"), s.Draw(t, "b"), s.Draw(t, "c")
		switch {
		case distance(a, b) != distance(b, a):
			t.Fatal("not symmetric")
		case (distance(a, b) == 0) != (a == b):
			t.Fatal("zero exactly for equal words")
		case distance(a, c) > distance(a, b)+distance(b, c):
			t.Fatal("triangle inequality broken")
		}
	})
}
