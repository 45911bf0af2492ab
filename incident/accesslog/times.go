package accesslog

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// clock reads the times of a log.
type clock struct {
	parse func(b []byte) (unixNano int64, ok bool)
	wants string // for the reason of an unparsed line
}

func newClock(layout string, zone *time.Location) (clock, error) {
	switch layout {
	case "":
		return clock{func(b []byte) (int64, bool) {
			t, err := time.Parse(time.RFC3339, string(b))
			return nanos(t, err == nil)
		}, "RFC 3339, as 2025-12-01T08:30:00+01:00; set time.layout for another form"}, nil
	case "unix":
		return clock{func(b []byte) (int64, bool) { return parseUnix(b, 1e9) }, "seconds since 1970"}, nil
	case "unix_ms":
		return clock{func(b []byte) (int64, bool) { return parseUnix(b, 1e6) }, "milliseconds since 1970"}, nil
	}
	anyDay := time.Date(2001, 12, 30, 23, 58, 59, 0, time.UTC)
	if anyDay.Format(layout) == layout || strings.Contains(layout, "%") {
		return clock{}, invalidMap("time.layout %q is not a layout of Go's time package: write the moment 2006-01-02 15:04:05 "+
			"-0700 in the log's own form, as %q; or unix, unix_ms", layout, combinedLayout)
	}
	return clock{func(b []byte) (int64, bool) {
		t, err := time.ParseInLocation(layout, string(b), zone)
		return nanos(t, err == nil)
	}, "the form " + layout}, nil
}

// nanos returns t in nanoseconds since 1970, which reach from 1678 to 2262.
func nanos(t time.Time, ok bool) (int64, bool) {
	if y := t.Year(); !ok || y < 1679 || y > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}

// parseUnix reads a decimal number; unit is what one of it is in nanoseconds.
func parseUnix(b []byte, unit int64) (int64, bool) {
	digits, neg := b, false
	if len(digits) > 0 && digits[0] == '-' {
		digits, neg = digits[1:], true
	}
	var n int64
	i := 0
	for ; i < len(digits) && digits[i]-'0' <= 9; i++ {
		if n > (1<<63-1)/unit/10-1 {
			return 0, false
		}
		n = n*10 + int64(digits[i]-'0')
	}
	if i == 0 {
		return 0, false
	}
	n *= unit
	if i < len(digits) && digits[i] == '.' && i+1 < len(digits) {
		place := unit
		for i++; i < len(digits) && digits[i]-'0' <= 9; i++ {
			place /= 10
			n += int64(digits[i]-'0') * place
		}
	}
	if i < len(digits) {
		return parseExponent(string(b), unit)
	}
	if neg {
		n = -n
	}
	return n, true
}

// parseExponent reads what some loggers make of a large number: 1.7645e+09.
func parseExponent(s string, unit int64) (int64, bool) {
	if !strings.ContainsAny(s, "eE") || strings.ContainsAny(s, "xXpP_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > 9e9*1e9/float64(unit) || f < -9e9*1e9/float64(unit) {
		return 0, false
	}
	return int64(f * float64(unit)), true
}

// unixNano is t.UnixNano, at the ends of its range for times outside.
func unixNano(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1679:
		return math.MinInt64
	case y > 2261:
		return math.MaxInt64
	default:
		return t.UnixNano()
	}
}
