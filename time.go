package cloison

import "time"

// Timestamp is t as rows and stores keep it: in UTC, in whole milliseconds, without a monotonic reading.
func Timestamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Clock returns a clock whose times are timestamps, so that a time that is stored reads back as it was.
func Clock(now func() time.Time) func() time.Time {
	return func() time.Time { return Timestamp(now()) }
}
