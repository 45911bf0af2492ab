package mapping

import (
	"strings"

	"cloison"
)

// star is the step into each element of an array.
const star = "[*]"

const maxSteps = 32

// parsePath reads the part of JSONPath (RFC 9535) that a mapping may use: $, then .name and [*] steps.
func parsePath(s string) ([]string, error) {
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return nil, cloison.Errorf(cloison.Invalid, "the path %q must start with $, as in $.nom or $.resultats[*]", s)
	}
	var steps []string
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, star):
			steps, rest = append(steps, star), rest[len(star):]
		case rest[0] == '.':
			name := rest[1:]
			if i := strings.IndexAny(name, ".["); i >= 0 {
				name = name[:i]
			}
			if !plainName(name) {
				return nil, cloison.Errorf(cloison.Invalid,
					"the path %q has the step %q: a name is letters, digits, _ and -; there is no .., no filter, no quote",
					s, "."+name)
			}
			steps, rest = append(steps, name), rest[1+len(name):]
		default:
			return nil, cloison.Errorf(cloison.Invalid, "the path %q is wrong at %q: only .name and [*] are known",
				s, rest)
		}
		if len(steps) > maxSteps {
			return nil, cloison.Errorf(cloison.Invalid, "the path %q is deeper than %d steps", s, maxSteps)
		}
	}
	return steps, nil
}

// plainName reports whether a path may hold the name: no character that JSON would escape.
func plainName(s string) bool {
	for _, c := range s {
		if c < '0' && c != '-' || c > '9' && c < 'A' || c > 'Z' && c < 'a' && c != '_' || c > 'z' && c < 0x80 {
			return false
		}
	}
	return s != "" && strings.ToValidUTF8(s, "") == s
}

// node is a place in an answer: the paths of a route make a tree of nodes. A node without children is a leaf: its whole
// value is of the category fields, or plain when that is zero.
type node struct {
	names   map[string]*node // members
	element *node            // elements of an array
	step    string           // its own name

	fields cloison.Fields
	plain  bool
	id     bool // the person's id; it may have a category as well
	person bool // an object here is one person
	rows   bool // an array here is the list whose elements are withheld one by one
}

func (n *node) leaf() bool { return n.plain || n.id || n.fields != 0 }

// at returns the node under these steps, and makes the missing ones. When a leaf is on the way, it returns that with ok
// false.
func (n *node) at(steps []string) (end *node, ok bool) {
	for _, step := range steps {
		if n.leaf() {
			return n, false
		}
		if step == star {
			if n.element == nil {
				n.element = &node{}
			}
			n = n.element
			continue
		}
		child := n.names[step]
		if child == nil {
			if n.names == nil {
				n.names = make(map[string]*node)
			}
			child = &node{step: step}
			n.names[step] = child
		}
		n = child
	}
	return n, true
}

// branch reports whether the node has children.
func (n *node) branch() bool { return n.names != nil || n.element != nil }
