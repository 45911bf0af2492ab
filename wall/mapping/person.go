package mapping

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cloison"
	"cloison/rules/policy"
)

// noPerson is the Route.Person of a path that names nobody.
const noPerson = "none"

// personSegment returns which segment of the route's path is the person's reference; -1: none.
func personSegment(r Route, segments []string) (int, error) {
	one := r.Operation == string(policy.Read) || r.Operation == string(policy.Write)
	var names []string
	for _, seg := range segments {
		if name, wild := strings.CutPrefix(seg, "{"); wild {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	switch {
	case r.Person == noPerson:
		return -1, nil
	case r.Person != "" && !one:
		return -1, errors.New("person: only a read or a write is about the one person whom its path names")
	case r.Person == "" && r.Operation == string(policy.Write) && len(names) > 0:
		return -1, fmt.Errorf("person: missing: name the part of the path that is the person's reference, as person: %s, "+
			"so that the write is decided before the tool is asked; or say person: none if no part is",
			strings.TrimSuffix(names[0], "..."))
	case r.Person == "":
		return -1, nil
	case slices.Contains(names, r.Person+"..."):
		return -1, fmt.Errorf("person: {%s...} is several segments, and a person's reference is one", r.Person)
	case !slices.Contains(names, r.Person):
		return -1, fmt.Errorf("person: the path has no {%s}%s", r.Person, meant(r.Person, names))
	}
	return slices.Index(segments, "{"+r.Person+"}"), nil
}

// NamesPerson reports whether the path holds the reference of the person whom the request is about.
func (e *Endpoint) NamesPerson() bool { return e.person >= 0 }

// Person returns the reference in a path that matches: the segment, unescaped once, as the tool does. It is empty when
// the path names nobody.
func (e *Endpoint) Person(path string) cloison.PersonRef {
	if e.person < 0 {
		return ""
	}
	seg, rest, _ := strings.Cut(path[1:], "/")
	for range e.person {
		seg, rest, _ = strings.Cut(rest, "/")
	}
	text, err := url.PathUnescape(seg)
	if err != nil {
		return "" // impossible: the path is clean
	}
	return cloison.PersonRef(text)
}
