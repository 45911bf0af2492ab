package web

import "math"

// Seek finds a place in a numbered list by looks alone: the least after for which past is true. past must stay true
// once it is, as "no entry follows", or "the next entry is of that time or later" in a list that is in order of time.
// It takes two looks for each bit of the answer.
func Seek(past func(after int64) (bool, error)) (int64, error) {
	low, high := int64(-1), int64(0) // past(low) is false, past(high) is not known
	for {
		there, err := past(high)
		if err != nil {
			return 0, err
		}
		if there {
			break
		}
		if high > math.MaxInt64/4 {
			return high, nil
		}
		low, high = high, 2*high+1
	}
	for low+1 < high {
		middle := low + (high-low)/2
		there, err := past(middle)
		if err != nil {
			return 0, err
		}
		if there {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}
