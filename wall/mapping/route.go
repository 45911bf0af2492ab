package mapping

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// segment is a node in the tree of routes: the first level is the method, then come the path's segments as escaped on
// the wire.
type segment struct {
	literal map[string]*segment
	any     *segment  // {id}
	rest    *Endpoint // {rest...}
	end     *Endpoint
}

// parseMatch reads METHOD /path, where a segment may be {name}, and the last one {name...}.
func parseMatch(s string) (method string, segments []string, err error) {
	method, path, ok := strings.Cut(s, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return "", nil, fmt.Errorf("%q is not a method and a path, as GET /api/dossiers/{id}", s)
	}
	switch method {
	case "GET", "POST", "PUT", "PATCH", "DELETE":
	default:
		return "", nil, fmt.Errorf("the method %q is none of GET, POST, PUT, PATCH, DELETE%s", method,
			meant(strings.ToUpper(method), []string{"GET", "POST", "PUT", "PATCH", "DELETE"}))
	}
	segments = strings.Split(path[1:], "/")
	for i, seg := range segments {
		last := i == len(segments)-1
		name, wild := strings.CutPrefix(seg, "{")
		switch {
		case wild:
			name, closed := strings.CutSuffix(name, "}")
			bare, rest := strings.CutSuffix(name, "...")
			if !closed || !plainName(bare) || rest && !last {
				return "", nil, fmt.Errorf("the segment %q is not {name}, or a last {name...}", seg)
			}
		case seg == "" && !last, strings.Trim(seg, unreserved) != "", seg == ".", seg == "..":
			return "", nil, fmt.Errorf("the segment %q cannot match: a segment is letters, digits, - . _ ~, or {name}", seg)
		case i == 0 && seg == "cloison":
			return "", nil, errors.New("/cloison/ is Cloison's own")
		}
	}
	return method, segments, nil
}

const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~" // RFC 3986, 2.3

// add adds an endpoint to the tree.
func (s *segment) add(r *Endpoint) error {
	method, segments, err := parseMatch(r.Match)
	if err != nil {
		return err
	}
	s = s.child(method)
	for _, seg := range segments {
		switch {
		case strings.HasSuffix(seg, "...}"):
			if s.rest != nil {
				return fmt.Errorf("matches the same requests as %q", s.rest.Match)
			}
			s.rest = r
			return nil
		case strings.HasPrefix(seg, "{"):
			if s.any == nil {
				s.any = &segment{}
			}
			s = s.any
		default:
			s = s.child(seg)
		}
	}
	if s.end != nil {
		return fmt.Errorf("matches the same requests as %q", s.end.Match)
	}
	s.end = r
	return nil
}

func (s *segment) child(literal string) *segment {
	if s.literal == nil {
		s.literal = make(map[string]*segment)
	}
	c := s.literal[literal]
	if c == nil {
		c = &segment{}
		s.literal[literal] = c
	}
	return c
}

// Find returns the endpoint of a request; nil when there is none, or the path is not clean. A literal segment wins over
// {name}, which wins over {name...}.
func (m *Mapping) Find(method, path string) *Endpoint {
	s := m.routes.literal[method]
	if s == nil || !CleanPath(path) {
		return nil
	}
	return s.find(path[1:])
}

func (s *segment) find(path string) *Endpoint {
	seg, rest, more := strings.Cut(path, "/")
	for _, next := range [2]*segment{s.literal[seg], s.any} {
		if next == nil || next == s.any && seg == "" {
			continue
		}
		if !more && next.end != nil {
			return next.end
		}
		if more {
			if r := next.find(rest); r != nil {
				return r
			}
		}
	}
	return s.rest
}

// CleanPath reports whether every reader understands an escaped path alike: it starts with one slash, has no empty, "."
// or ".." segment, no parameter, no backslash and no escape of one of these, and it is UTF-8 when unescaped. The
// gateway forwards this very text.
func CleanPath(path string) bool {
	if path == "" || path[0] != '/' || len(path) > 4096 {
		return false
	}
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '/':
			if i > 0 && path[i-1] == '/' || dots(path[i+1:]) {
				return false
			}
		case c == '%':
			if i+2 >= len(path) {
				return false
			}
			hidden := unhex(path[i+1])<<4 | unhex(path[i+2])
			if hidden <= ' ' || hidden == 0x7f || strings.IndexByte(`/\.%;`, hidden) >= 0 {
				return false
			}
			i += 2
		case strings.IndexByte(unreserved, c) < 0 && strings.IndexByte("!$&'()*+,=:@", c) < 0: // pchar, but ";"
			return false
		}
	}
	if strings.IndexByte(path, '%') < 0 {
		return true
	}
	text, err := url.PathUnescape(path)
	return err == nil && utf8.ValidString(text)
}

// dots reports whether a path begins with a "." or ".." segment.
func dots(s string) bool {
	seg, _, _ := strings.Cut(s, "/")
	return seg == "." || seg == ".."
}

// unhex returns the value of a hexadecimal digit; 0 for another byte, which url.PathUnescape then refuses.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0
}
