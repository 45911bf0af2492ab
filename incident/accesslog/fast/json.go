package fast

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"slices"
)

// Line reads JSON objects, one a line, and keeps the values of some keys. It checks each line to the last byte, as
// encoding/json does, and notes where the wanted values are; nothing is copied or decoded. A line that it does not
// understand (a key with an escape) or accept goes to encoding/json, whose answer counts. The last of duplicate keys
// wins, as there. One goroutine uses a Line.
type Line struct {
	slots  []wanted
	layout []step // the 1st, 2nd, … key of the last line
	padded []byte
}

// wanted is a key whose value is kept, with that value in the last line.
type wanted struct {
	key   string
	value Value
}

// step is a key as it was written, with quotes and colon.
type step struct {
	raw        []byte
	word, mask uint64 // its first eight bytes, and which of them count
	slot       int
}

const (
	// Padding is how many bytes behind a line the reading may look at. A line whose capacity has room for them, the
	// first a line end or zero, is read where it is; another one is copied.
	Padding = 8

	maxDepth = 10000 // of nesting, as in encoding/json
	maxSteps = 64
)

// Want returns the index of a top-level key whose value Read keeps.
func (l *Line) Want(key string) int {
	i := slices.IndexFunc(l.slots, func(s wanted) bool { return s.key == key })
	if i < 0 {
		i = len(l.slots)
		l.slots = append(l.slots, wanted{key: key})
	}
	return i
}

// Read reads a line. The reason is empty, or says why the line cannot be read.
func (l *Line) Read(line []byte) (reason string) {
	for i := range l.slots {
		l.slots[i].value.Kind = Absent
	}
	if l.quick(line) {
		return ""
	}
	return l.full(line)
}

// Value returns the value of a wanted key in the last line. It lives until the next one.
func (l *Line) Value(want int) Value { return l.slots[want].value }

// full reads the line by encoding/json.
func (l *Line) full(line []byte) string {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(line, &top); err != nil || top == nil {
		if err == nil || json.Valid(line) {
			return "JSON, but not an object"
		}
		return "not JSON"
	}
	for i := range l.slots {
		l.slots[i].value = ValueOf(top[l.slots[i].key])
	}
	return ""
}

// quick notes the wanted values of a line; false: encoding/json must decide, and no slot counts.
func (l *Line) quick(line []byte) bool {
	b, end := l.pad(line), len(line)
	p := space(b, 0, end)
	if p >= end || b[p] != '{' {
		return false
	}
	if p = space(b, p+1, end); b[p] == '}' && p < end {
		return space(b, p+1, end) == end
	}
	for i := 0; ; i++ {
		// Lines of a log are alike: the key is most often that of the last line, at the same place.
		slot, start := -1, -1
		if i < len(l.layout) {
			if s := &l.layout[i]; s.at(b, p, end) {
				slot, start = s.slot, p+len(s.raw)
			}
		}
		if start < 0 {
			if slot, start = l.key(b, p, end, i); start < 0 {
				return false
			}
		}
		if b[start] <= ' ' {
			start = space(b, start, end)
		}
		found := kindOf(b[start])
		switch c := b[start]; {
		case c == '"':
			var escapes bool
			if p, escapes = stringEnd(b, start+1, end); !escapes {
				found = Quoted
			}
		case c-'1' < 9:
			for p = start + 1; b[p]-'0' <= 9; p++ {
			}
			if b[p] != ',' && b[p] != '}' {
				p = valueEnd(b, start, end, 1)
			}
		default:
			p = valueEnd(b, start, end, 1)
		}
		if p < 0 {
			return false
		}
		if slot >= 0 {
			l.slots[slot].value = Value{found, b[start:p]}
		}
		if b[p] <= ' ' {
			p = space(b, p, end)
		}
		if p >= end {
			return false
		}
		if b[p] == '}' {
			return space(b, p+1, end) == end
		}
		if b[p] != ',' {
			return false
		}
		if p++; b[p] <= ' ' {
			p = space(b, p, end)
		}
	}
}

// pad returns the line with padding behind it, of which the first byte belongs to no JSON token. Lines that come out of
// a block have that already.
func (l *Line) pad(line []byte) []byte {
	n := len(line)
	if cap(line)-n >= Padding {
		if b := line[:n+Padding]; b[n] == '\n' || b[n] == '\r' || b[n] == 0 {
			return b
		}
	}
	l.padded = append(append(l.padded[:0], line...), make([]byte, Padding)...)
	return l.padded
}

// key reads the i-th key and its colon and returns the slot, or -1, and what comes next; next is negative when the key
// is broken or has escapes. The key is remembered for the next line.
func (l *Line) key(b []byte, p, end, i int) (slot, next int) {
	if p >= end || b[p] != '"' {
		return -1, -1
	}
	after, escaped := stringEnd(b, p+1, end)
	if after < 0 || escaped {
		return -1, -1
	}
	key := b[p+1 : after-1]
	slot = slices.IndexFunc(l.slots, func(s wanted) bool { return s.key == string(key) })
	colon := space(b, after, end)
	if colon >= end || b[colon] != ':' {
		return -1, -1
	}
	if i == len(l.layout) && i < maxSteps {
		l.layout = append(l.layout, step{})
	}
	if i < len(l.layout) {
		l.layout[i] = newStep(append(l.layout[i].raw[:0], b[p:colon+1]...), slot)
	}
	return slot, colon + 1
}

// at says whether the key stands at p.
func (s *step) at(b []byte, p, end int) bool {
	n := len(s.raw)
	return p+n <= end && (binary.LittleEndian.Uint64(b[p:])^s.word)&s.mask == 0 &&
		(n <= 8 || string(b[p+8:p+n]) == string(s.raw[8:]))
}

func newStep(raw []byte, slot int) step {
	var first [8]byte
	n := copy(first[:], raw)
	return step{raw, binary.LittleEndian.Uint64(first[:]), 1<<(8*n) - 1, slot}
}

// space skips JSON's white space, at most to the end.
func space(b []byte, p, end int) int {
	for p < end && b[p] <= ' ' && (b[p] == ' ' || b[p] == '\t' || b[p] == '\r' || b[p] == '\n') {
		p++
	}
	return p
}

// valueEnd checks the JSON value that begins at p and returns where it ends; negative when it is broken. Depth is how
// many values it is nested in.
func valueEnd(b []byte, p, end, depth int) int {
	if p >= end {
		return -1
	}
	switch c := b[p]; c {
	case '"':
		p, _ = stringEnd(b, p+1, end)
	case '{':
		p = membersEnd(b, p+1, end, depth+1, '}')
	case '[':
		p = membersEnd(b, p+1, end, depth+1, ']')
	case 't':
		p = wordEnd(b, p, "true")
	case 'f':
		p = wordEnd(b, p, "false")
	case 'n':
		p = wordEnd(b, p, "null")
	default:
		p = numberEnd(b, p)
	}
	if p > end {
		return -1
	}
	return p
}

func wordEnd(b []byte, p int, word string) int {
	if string(b[p:p+len(word)]) == word {
		return p + len(word)
	}
	return -1
}

// stringEnd checks a string from behind its opening quote to behind its closing quote, eight bytes at a time.
func stringEnd(b []byte, p, end int) (after int, escaped bool) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for p < end {
		w := binary.LittleEndian.Uint64(b[p:])
		// The lowest high bit marks the first byte that is a quote, below a space, or a backslash. Flipping the bit by
		// which a quote (0x22) differs from a space swaps them and keeps what is below: one comparison finds both.
		slash := w ^ ones*'\\'
		found := ((w^ones*2-ones*0x21)&^w | (slash-ones)&^slash) & highs
		if found == 0 {
			p += 8
			continue
		}
		p += bits.TrailingZeros64(found) / 8
		if p >= end {
			return -1, false
		}
		switch b[p] {
		case '"':
			return p + 1, escaped
		case '\\':
			if p = escapeEnd(b, p+1); p < 0 {
				return -1, false
			}
			escaped = true
		default:
			return -1, false
		}
	}
	return -1, false
}

// escapeEnd checks what follows a backslash.
func escapeEnd(b []byte, p int) int {
	switch b[p] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return p + 1
	case 'u':
		for _, c := range b[p+1 : p+5] {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return p + 5
	default:
		return -1
	}
}

// numberEnd checks a number by RFC 8259, section 6.
func numberEnd(b []byte, p int) int {
	if b[p] == '-' {
		p++
	}
	if b[p] == '0' {
		p++
	} else if p = digits(b, p); p < 0 {
		return -1
	}
	if b[p] == '.' {
		if p = digits(b, p+1); p < 0 {
			return -1
		}
	}
	if b[p]|0x20 == 'e' {
		if p++; b[p] == '+' || b[p] == '-' {
			p++
		}
		p = digits(b, p)
	}
	return p
}

// digits skips one digit or more.
func digits(b []byte, p int) int {
	start := p
	for b[p]-'0' <= 9 {
		p++
	}
	if p == start {
		return -1
	}
	return p
}

// membersEnd checks the members of an object or a list, from behind its opening bracket to behind the closing one.
func membersEnd(b []byte, p, end, depth int, closing byte) int {
	if depth > maxDepth {
		return -1
	}
	if p = space(b, p, end); p < end && b[p] == closing {
		return p + 1
	}
	for p < end {
		if closing == '}' {
			if p = keyEnd(b, p, end); p < 0 {
				return -1
			}
		}
		if p = valueEnd(b, p, end, depth); p < 0 {
			return -1
		}
		if p = space(b, p, end); p >= end {
			return -1
		}
		if b[p] == closing {
			return p + 1
		}
		if b[p] != ',' {
			return -1
		}
		p = space(b, p+1, end)
	}
	return -1
}

// keyEnd checks a key and its colon, and returns where the value begins.
func keyEnd(b []byte, p, end int) int {
	if b[p] != '"' {
		return -1
	}
	if p, _ = stringEnd(b, p+1, end); p < 0 {
		return -1
	}
	if p = space(b, p, end); p >= end || b[p] != ':' {
		return -1
	}
	return space(b, p+1, end)
}
