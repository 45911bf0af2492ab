package limits

import (
	"testing"

	"pgregory.net/rapid"
)

// TestMostIsTheGreatestThatFits compares the search that starts near its end with one that starts at the top.
func TestMostIsTheGreatestThatFits(t *testing.T) {
	b := Default()
	rapid.Check(t, func(t *rapid.T) {
		var tally Tally
		for i := range tally.Stream {
			tally.Stream[i] = rapid.Float64Range(0, 400_000).Draw(t, "stream")
		}
		persons := rapid.IntRange(-1, 2000).Draw(t, "persons")
		want := max(0, persons)
		for want > 0 && want > b.Detector.Most(tally.Stream, persons-want) {
			want--
		}
		left := b.leeway(tally)
		if got := left.most(persons); got != want {
			t.Errorf("of %d persons %d may be unexplained, want %d: %v", persons, got, want, tally.Stream)
		}
	})
}
