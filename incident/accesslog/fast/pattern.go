package fast

import (
	"bytes"
	"regexp"
	"regexp/syntax"
)

// Pattern is a regular expression. Most that a map needs are a text, then characters of some kind to take, as in ^/dossiers/([0-9]+);
// these are matched step by step, with the result that regexp would have and without its cost. The others go to regexp.
type Pattern struct {
	re    *regexp.Regexp
	steps []patternStep // nil: use re
	start bool          // only at the beginning of the text
	end   bool          // only up to its end
}

// patternStep is a literal, or a run of bytes of a class, at least min. The byte that follows a run is never of its
// class, so that there is one way only to match.
type patternStep struct {
	literal  []byte
	class    *[256]bool
	min      int
	captured bool
}

// Compile parses a regular expression, with the errors of regexp.Compile.
func Compile(expression string) (*Pattern, error) {
	re, err := regexp.Compile(expression)
	if err != nil {
		return nil, err
	}
	m := &Pattern{re: re}
	if tree, err := syntax.Parse(expression, syntax.Perl); err == nil && !m.compile(tree.Simplify()) {
		m.steps, m.start, m.end = nil, false, false
	}
	return m, nil
}

// compile turns a pattern into steps; false when it is not of that simple kind.
func (m *Pattern) compile(tree *syntax.Regexp) bool {
	parts := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpConcat {
		parts = tree.Sub
	}
	for i, part := range parts {
		captured := part.Op == syntax.OpCapture
		if captured {
			if part.Cap != 1 {
				return false
			}
			part = part.Sub[0]
		}
		switch {
		case part.Op == syntax.OpBeginText && i == 0 && !captured:
			m.start = true
		case part.Op == syntax.OpEndText && i == len(parts)-1 && !captured && i > 0:
			m.end = true
		case part.Op == syntax.OpLiteral && part.Flags&syntax.FoldCase == 0:
			m.steps = append(m.steps, patternStep{literal: []byte(string(part.Rune)), captured: captured})
		case (part.Op == syntax.OpPlus || part.Op == syntax.OpStar) && part.Flags&syntax.NonGreedy == 0:
			class := byteClass(part.Sub[0])
			if class == nil {
				return false
			}
			step := patternStep{class: class, captured: captured}
			if part.Op == syntax.OpPlus {
				step.min = 1
			}
			m.steps = append(m.steps, step)
		default:
			return false
		}
	}
	return m.oneWay()
}

// oneWay says whether the first step is a literal and each run ends where the next literal begins, or with the pattern.
func (m *Pattern) oneWay() bool {
	if len(m.steps) == 0 || m.steps[0].literal == nil {
		return false
	}
	for i, s := range m.steps {
		if s.class == nil || i == len(m.steps)-1 {
			continue
		}
		if next := m.steps[i+1].literal; next == nil || s.class[next[0]] {
			return false
		}
	}
	return true
}

// byteClass returns the bytes of a character class; nil when it tells some characters beyond ASCII from others.
func byteClass(re *syntax.Regexp) *[256]bool {
	if re.Op != syntax.OpCharClass {
		return nil
	}
	var class [256]bool
	beyond := 0
	for i := 0; i < len(re.Rune); i += 2 {
		low, high := re.Rune[i], re.Rune[i+1]
		for c := low; c <= min(high, 0x7f); c++ {
			class[c] = true
		}
		if high > 0x7f {
			beyond += int(high-max(low, 0x80)) + 1
		}
	}
	switch beyond {
	case 0:
	case 0x10ffff - 0x7f:
		for c := 0x80; c < len(class); c++ {
			class[c] = true
		}
	default:
		return nil
	}
	return &class
}

// Match reports whether the pattern matches.
func (m *Pattern) Match(b []byte) bool {
	if m.steps == nil {
		return m.re.Match(b)
	}
	_, ok := m.walk(b)
	return ok
}

// Extract returns the first group, or the whole match when the pattern has no group; nil when there is none.
func (m *Pattern) Extract(b []byte) []byte {
	if m.steps != nil {
		found, _ := m.walk(b)
		return found
	}
	if m.re.NumSubexp() == 0 {
		return m.re.Find(b)
	}
	at := m.re.FindSubmatchIndex(b)
	if at == nil || at[2] < 0 {
		return nil
	}
	return b[at[2]:at[3]]
}

// walk tries the steps wherever the first literal stands, from the left.
func (m *Pattern) walk(b []byte) (found []byte, ok bool) {
	for from := 0; ; from++ {
		if !m.start {
			n := bytes.Index(b[from:], m.steps[0].literal)
			if n < 0 {
				return nil, false
			}
			from += n
		}
		if found, ok = m.walkFrom(b, from); ok || m.start {
			return found, ok
		}
	}
}

func (m *Pattern) walkFrom(b []byte, from int) (found []byte, ok bool) {
	p := from
	captured := false
	for i := range m.steps {
		s := &m.steps[i]
		begin := p
		if s.class == nil {
			if !bytes.HasPrefix(b[p:], s.literal) {
				return nil, false
			}
			p += len(s.literal)
		} else {
			for p < len(b) && s.class[b[p]] {
				p++
			}
			if p-begin < s.min {
				return nil, false
			}
		}
		if s.captured {
			found, captured = b[begin:p], true
		}
	}
	if m.end && p < len(b) {
		return nil, false
	}
	if !captured {
		found = b[from:p]
	}
	return found, true
}
