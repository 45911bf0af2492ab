// Package suggest finds the word that somebody probably meant, so that an error about a wrong one can say the way out.
package suggest

import "strings"

// Within reports whether at most n letters have to be added, taken away or changed to make one word of the other.
func Within(n int, a, b string) bool { return distance(a, b) <= n }

// Word returns the candidate with the smallest edit distance to word, or "" when none is near: more than a third of the
// word would have to change.
func Word(word string, candidates []string) string {
	best, limit := "", max(1, (len(word)+2)/3)+1
	for _, c := range candidates {
		if d := distance(word, c); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// DidYouMean is the end of an error about a wrong word: the candidate that is near, or else all of them. It does not
// repeat the word, which may be somebody's name.
func DidYouMean(word string, candidates []string) string {
	if near := Word(word, candidates); near != "" {
		return `: did you mean "` + near + `"?`
	}
	if last := len(candidates) - 1; last > 0 {
		return ": want " + strings.Join(candidates[:last], ", ") + " or " + candidates[last]
	}
	return ": want " + strings.Join(candidates, "")
}

// distance is Levenshtein's, over bytes, with one row. What both begin or end with costs nothing, and is left out
// first: addresses of one house share half of their letters.
func distance(a, b string) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
