package accesslog

import (
	"bytes"
	"encoding/hex"
	"slices"

	"cloison/incident/accesslog/fast"
)

// combined reads the combined and common log formats of Apache httpd and nginx:
//
//	remote ident user [time] "method path protocol" status bytes "referer" "agent"
//
// A user may hold spaces. Within quotes, and in the user, \" \\ \n \t and \xHH stand for one byte. A lone - is nothing.
// A request that is not method, path and perhaps protocol is a path without a method. What follows the agent is
// ignored.
type combined struct {
	fields  [wants]int // by combinedFields; -1: not wanted
	parts   parts
	scratch [wants][]byte
}

// combinedFields lists the names of the fields in the order of combined's parts.
func combinedFields() []string {
	return []string{"remote", "user", "time", "method", "path", "status", "bytes", "referer", "agent"}
}

// parts are the fields of one line as they are written.
type parts [9][]byte

func newCombined(p *compiledMap) *combined {
	c := &combined{}
	for want, name := range p.wanted() {
		c.fields[want] = slices.Index(combinedFields(), name)
	}
	return c
}

func (c *combined) parse(line []byte) string {
	c.parts = parts{}
	return c.parts.split(line)
}

func (c *combined) get(want int) fast.Value {
	i := c.fields[want]
	if i < 0 || c.parts[i] == nil || len(c.parts[i]) == 1 && c.parts[i][0] == '-' {
		return fast.Value{}
	}
	raw := c.parts[i]
	if bytes.IndexByte(raw, '\\') >= 0 {
		c.scratch[want] = unescape(c.scratch[want][:0], raw)
		raw = c.scratch[want]
	}
	return fast.Value{Kind: fast.Text, Raw: raw}
}

// split finds the parts.
func (f *parts) split(line []byte) (reason string) {
	head, rest, ok := bytes.Cut(line, []byte(" ["))
	remote, who, ok2 := bytes.Cut(head, []byte(" "))
	ident, user, ok3 := bytes.Cut(who, []byte(" "))
	if !ok2 || !ok3 || len(remote) == 0 || len(ident) == 0 {
		return "not combined: no remote address, identity and user at the start"
	}
	when, rest, ok2 := bytes.Cut(rest, []byte("]"))
	if !ok || !ok2 || !bytes.HasPrefix(rest, []byte(` "`)) {
		return "not combined: no [time] and request"
	}
	request, rest, ok := cutQuoted(rest[2:])
	if !ok || len(rest) == 0 || rest[0] != ' ' {
		return "not combined: the request's quotes do not close"
	}
	status, rest, more := bytes.Cut(rest[1:], []byte(" "))
	size, rest, quotes := bytes.Cut(rest, []byte(" "))
	if !more || !isStatus(status) || !isSize(size) {
		return "not combined: no status and size after the request"
	}
	f[0], f[1], f[2], f[5], f[6] = remote, user, when, status, size
	f[3], f[4] = cutRequest(request)
	if !quotes {
		return ""
	}
	for i := 7; i <= 8; i++ {
		if len(rest) == 0 || rest[0] != '"' {
			return "not combined: no quoted referer and agent after the size"
		}
		if f[i], rest, ok = cutQuoted(rest[1:]); !ok {
			return "not combined: the quotes of the referer or agent do not close"
		}
		rest = bytes.TrimPrefix(rest, []byte(" "))
	}
	return ""
}

// cutQuoted cuts at the first quote that no backslash escapes.
func cutQuoted(b []byte) (inside, rest []byte, ok bool) {
	for i := 0; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return nil, nil, false
		}
		i += n
		slashes := 0
		for slashes < i && b[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return b[:i], b[i+1:], true
		}
	}
}

// cutRequest returns the method and the path of a request line.
func cutRequest(b []byte) (method, path []byte) {
	method, rest, ok := bytes.Cut(b, []byte(" "))
	if !ok || len(method) == 0 {
		return nil, b
	}
	if i := bytes.LastIndexByte(rest, ' '); i >= 0 && bytes.HasPrefix(rest[i+1:], []byte("HTTP/")) {
		rest = rest[:i]
	}
	return method, rest
}

func isStatus(b []byte) bool { return len(b) == 3 && isDigits(b) || len(b) == 1 && b[0] == '-' }
func isSize(b []byte) bool   { return len(b) > 0 && isDigits(b) || len(b) == 1 && b[0] == '-' }

func isDigits(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// unescape appends b with its escapes resolved; an unknown escape stays as it is.
func unescape(to, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) {
			switch b[i+1] {
			case '"', '\\':
				c, i = b[i+1], i+1
			case 'n':
				c, i = '\n', i+1
			case 't':
				c, i = '\t', i+1
			case 'x':
				var one [1]byte
				if n, err := hex.Decode(one[:], b[i+2:min(i+4, len(b))]); n == 1 && err == nil {
					c, i = one[0], i+3
				}
			}
		}
		to = append(to, c)
	}
	return to
}
