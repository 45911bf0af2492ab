package exposure

import (
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
		return clock{parseRFC3339, "RFC 3339, as 2025-12-01T08:30:00+01:00; set time.layout for another form"}, nil
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
	general := func(b []byte) (int64, bool) {
		t, err := time.ParseInLocation(layout, string(b), zone)
		return nanos(t, err == nil)
	}
	c := clock{general, "the form " + layout}
	if layout == combinedLayout {
		c.parse = func(b []byte) (int64, bool) {
			if ns, ok := parseServer(b); ok {
				return ns, true
			}
			return general(b)
		}
	}
	return c, nil
}

// nanos returns t in nanoseconds since 1970, which reach from 1678 to 2262.
func nanos(t time.Time, ok bool) (int64, bool) {
	if y := t.Year(); !ok || y < 1679 || y > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}

// parseRFC3339 is time.Parse with time.RFC3339; the usual form takes a short way.
func parseRFC3339(b []byte) (int64, bool) {
	if ns, ok := quickRFC3339(b); ok {
		return ns, true
	}
	t, err := time.Parse(time.RFC3339, string(b))
	return nanos(t, err == nil)
}

// quickRFC3339 reads 2006-01-02T15:04:05[.999999999](Z|±07:00) and leaves everything else to time.Parse.
func quickRFC3339(b []byte) (int64, bool) {
	if len(b) < 20 || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	ok := true
	year := two(b, 0, &ok)*100 + two(b, 2, &ok)
	sec, ok := unixTime(year, two(b, 5, &ok), two(b, 8, &ok), two(b, 11, &ok), two(b, 14, &ok), two(b, 17, &ok), ok)
	if !ok {
		return 0, false
	}
	i, fraction := 19, 0
	if b[i] == '.' {
		unit := 100_000_000
		for i++; i < len(b) && b[i]-'0' <= 9; i++ {
			fraction += int(b[i]-'0') * unit
			unit /= 10
		}
		if i == 20 || i > 29 {
			return 0, false
		}
	}
	switch {
	case i == len(b)-1 && b[i] == 'Z':
	case i == len(b)-6 && (b[i] == '+' || b[i] == '-') && b[i+3] == ':':
		h, m := two(b, i+1, &ok), two(b, i+4, &ok)
		if h > 23 || m > 59 {
			return 0, false
		}
		offset := int64(h*3600 + m*60)
		if b[i] == '-' {
			offset = -offset
		}
		sec -= offset
	default:
		return 0, false
	}
	return sec*1e9 + int64(fraction), ok
}

// parseServer reads 02/Jan/2006:15:04:05 -0700.
func parseServer(b []byte) (int64, bool) {
	if len(b) != 26 || b[2] != '/' || b[6] != '/' || b[11] != ':' || b[14] != ':' || b[17] != ':' || b[20] != ' ' {
		return 0, false
	}
	const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
	month := strings.Index(months, string(b[3:6]))
	if month < 0 || month%3 != 0 || b[21] != '+' && b[21] != '-' {
		return 0, false
	}
	ok := true
	year := two(b, 7, &ok)*100 + two(b, 9, &ok)
	sec, ok := unixTime(year, month/3+1, two(b, 0, &ok), two(b, 12, &ok), two(b, 15, &ok), two(b, 18, &ok), ok)
	h, m := two(b, 22, &ok), two(b, 24, &ok)
	if !ok || h > 23 || m > 59 {
		return 0, false
	}
	offset := int64(h*3600 + m*60)
	if b[21] == '-' {
		offset = -offset
	}
	return (sec - offset) * 1e9, true
}

// two reads two digits.
func two(b []byte, i int, ok *bool) int {
	tens, ones := b[i]-'0', b[i+1]-'0'
	if tens > 9 || ones > 9 {
		*ok = false
	}
	return int(tens)*10 + int(ones)
}

// unixTime counts the seconds since 1970 by the civil calendar; years 1900 to 2199, days that exist, no leap second.
func unixTime(year, month, day, hour, minute, second int, ok bool) (int64, bool) {
	if !ok || year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	if leap := year%4 == 0 && (year%100 != 0 || year%400 == 0); day > 28 && day > daysIn(month, leap) {
		return 0, false
	}
	// Days since 1 March of year 0, counting months from March so that the leap day is the last one.
	y, m := year, month-3
	if m < 0 {
		y, m = y-1, m+12
	}
	days := y*365 + y/4 - y/100 + y/400 + (153*m+2)/5 + day - 1
	const epoch = 719468 // 1970-01-01
	return int64(days-epoch)*86400 + int64(hour*3600+minute*60+second), true
}

func daysIn(month int, leap bool) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// parseUnix reads a decimal number of units of so many nanoseconds.
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
