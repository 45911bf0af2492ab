package web

import "testing"

// TestSeek finds each place in lists with and without gaps.
func TestSeek(t *testing.T) {
	for _, list := range [][]int64{{}, {1}, {1, 2, 3}, {5}, {2, 9, 40, 41}, {1000000007}} {
		for _, bound := range append([]int64{0, 1 << 40}, list...) {
			looks := 0
			got, err := Seek(func(after int64) (bool, error) {
				looks++
				for _, n := range list {
					if n > after {
						return n >= bound, nil
					}
				}
				return true, nil
			})
			want := int64(0) // the last entry below the bound
			for _, n := range list {
				if n < bound {
					want = n
				}
			}
			if err != nil || got != want || looks > 70 {
				t.Errorf("%v, %d: %d after %d looks, %v; want %d", list, bound, got, looks, err, want)
			}
		}
	}
}
