package mapping

import (
	"errors"
	"fmt"
	"maps"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/internal/suggest"
	"cloison/rules/policy"
)

// Tool is the block of the config that describes one business tool. A zero limit is its default.
type Tool struct {
	Name     string        `yaml:"name"`     // in rows and in the assertion's audience: a-z, 0-9 and -
	Listen   string        `yaml:"listen"`   // host:port where agents reach the tool through the gateway
	URL      string        `yaml:"url"`      // that address as browsers see it
	Upstream string        `yaml:"upstream"` // http(s)://host:port, reachable by Cloison alone
	Timeout  time.Duration `yaml:"timeout"`  // for one answer of the tool; 30 s
	Cookies  []string      `yaml:"cookies"`  // names of the tool's cookies, which pass both ways; none
	Headers  []string      `yaml:"headers"`  // names of further request headers that reach the tool; none
	Routes   []Route       `yaml:"routes"`
}

// Route is one kind of request to a tool, and what its answer holds. A request without a route is refused.
type Route struct {
	Match     string `yaml:"match"`     // METHOD /path/{id}; a last {rest...} matches all that follows
	Operation string `yaml:"operation"` // read, list, search, write or plain

	// Person is the {name} in Match that is the person's reference, the same as ID gives in answers. With it, a write
	// is decided, and has a durable row without fields, before the tool gets it; and a read that finds nobody is
	// decided and charged as a read of that person's file, so that an agent cannot try numbers. It is "none" when no
	// part of the path is that reference: a read that finds nobody is then an attempt at an unknown person, and always
	// refused. A write whose path has a {name} must have a Person. A person whom a write names in its body or query
	// alone is not decided on.
	Person string `yaml:"person"`

	// Persons is the path of the persons' objects, as $ or $.resultats[*]; empty when the answer holds nobody. ID and
	// Fields start at the person ($ is the person), Plain at the document. An answer with a name that none of them maps
	// is refused.
	Persons string              `yaml:"persons"`
	ID      string              `yaml:"id"`
	Fields  map[string][]string `yaml:"fields"` // by category: identity: [$.nom, $.prenom]
	Plain   []string            `yaml:"plain"`  // not personal, with everything below them

	MaxAnswer  int64 `yaml:"max_answer"`  // bytes of an answer; 1 MiB
	MaxRequest int64 `yaml:"max_request"` // bytes of a request's body; 1 MiB
}

const defaultLimit = 1 << 20

// Mapping is a compiled Tool. It is used by many goroutines and written by none.
type Mapping struct {
	Name     string // of the tool
	Upstream *url.URL
	Timeout  time.Duration
	Cookies  []string
	Headers  []string // canonical

	routes segment // methods, then path segments
}

// Endpoint is a compiled Route: what one kind of request does, and what its answer holds. Like its Mapping it is
// written by nobody.
type Endpoint struct {
	Match      string
	Operation  policy.Operation
	MaxAnswer  int64
	MaxRequest int64

	person int    // which segment of the path is the person's reference; -1: none
	shape  *shape // nil: plain
}

// Plain reports whether answers hold nobody and are passed without being read.
func (e *Endpoint) Plain() bool { return e.shape == nil }

// List reports whether the persons of an answer stand in a list, whose elements are withheld one by one. It may not be
// asked of a plain endpoint.
func (e *Endpoint) List() bool { return e.shape.list }

// Compile checks a tool's block and compiles it. The error is Invalid; it lists all that is wrong, one fault a line,
// with the word that was probably meant.
func Compile(t Tool) (*Mapping, error) {
	m := &Mapping{Name: t.Name, Timeout: t.Timeout, Cookies: slices.Clone(t.Cookies)}
	var wrong []error
	bad := func(where, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("tool %s: "+where+format, append([]any{t.Name}, args...)...))
	}
	if !toolName(t.Name) {
		bad("", "name: want 1 to 32 of a-z, 0-9 and -, as in dossiers; it is written in every row")
	}
	var err error
	if m.Upstream, err = parseUpstream(t.Upstream); err != nil {
		bad("", "upstream: %w", err)
	}
	if t.URL != "" {
		if _, err := parseUpstream(t.URL); err != nil {
			bad("", "url: %w", err)
		}
	}
	if m.Timeout == 0 {
		m.Timeout = 30 * time.Second
	} else if m.Timeout < 0 {
		bad("", "timeout: %v is negative: want a duration as 30s", m.Timeout)
	}
	for _, h := range t.Headers {
		if owned(h) {
			bad("", "headers: %q never passes: the gateway sets or drops it itself", h)
		}
		m.Headers = append(m.Headers, textproto.CanonicalMIMEHeaderKey(h))
	}
	for _, c := range t.Cookies {
		if strings.Contains(strings.ToLower(c), "cloison") || !isToken(c) {
			bad("", "cookies: %q is not the name of a tool's cookie", c)
		}
	}
	if len(t.Routes) == 0 {
		bad("", "routes: there are none, so every request would be refused")
	}
	for _, r := range t.Routes {
		compiled, errs := compileRoute(r)
		if len(errs) == 0 {
			if err := m.routes.add(compiled); err != nil {
				errs = []error{err}
			}
		}
		for _, err := range errs {
			bad("route %q: ", "%w", r.Match, err)
		}
	}
	if len(wrong) > 0 {
		return nil, cloison.Errorf(cloison.Invalid, "%w", errors.Join(wrong...))
	}
	return m, nil
}

func toolName(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// isToken reports whether s is a token of RFC 9110, 5.6.2, as header and cookie names are.
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	}) < 0
}

func parseUpstream(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("not a URL: want http://host:port")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("%q is not http://host:port or https://host:port", s)
	case u.User != nil:
		return nil, errors.New("holds a password: the tool knows Cloison by its signed assertion")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return nil, fmt.Errorf("%q has a path: want the host alone, and the whole path in each route", s)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// compileRoute compiles one route, or lists what is wrong with it.
func compileRoute(r Route) (*Endpoint, []error) {
	out := &Endpoint{Match: r.Match, Operation: policy.Operation(r.Operation),
		MaxAnswer: r.MaxAnswer, MaxRequest: r.MaxRequest}
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	_, segments, err := parseMatch(r.Match)
	if err != nil {
		bad("match: %w", err)
	} else if out.person, err = personSegment(r, segments); err != nil {
		bad("%w", err)
	}
	if ops := operations(); !slices.Contains(ops, r.Operation) {
		bad("operation: %q is none of %s%s", r.Operation, strings.Join(ops, ", "), meant(r.Operation, ops))
	}
	for _, limit := range []*int64{&out.MaxAnswer, &out.MaxRequest} {
		if *limit == 0 {
			*limit = defaultLimit
		}
		if *limit < 0 || *limit > 64<<20 {
			bad("max_answer and max_request: %d is not between 1 byte and 64 MiB", *limit)
		}
	}
	if out.Operation == policy.Plain {
		if r.Persons != "" || r.ID != "" || len(r.Fields) > 0 || len(r.Plain) > 0 {
			bad("a plain route's answer is not read, so it has no persons, id, fields or plain; " +
				"for a change whose answer holds nobody use write")
		}
		return out, wrong
	}
	sh, errs := compileShape(r)
	out.shape = sh
	return out, append(wrong, errs...)
}

// operations lists those of a route. There is no reveal: it is a read whose request names fields to reveal.
func operations() []string {
	return []string{string(policy.Read), string(policy.List), string(policy.Search), string(policy.Write),
		string(policy.Plain)}
}

// meant is the end of an error message: the word that was probably meant, if one is near.
func meant(word string, candidates []string) string {
	if near := suggest.Word(word, candidates); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return ""
}

// compileShape builds the tree of a route's paths.
func compileShape(r Route) (*shape, []error) {
	sh := &shape{root: &node{}}
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	person, err := sh.persons(r)
	if err != nil {
		return nil, []error{err}
	}
	mark := func(what, path string, from *node, set func(*node)) {
		steps, err := parsePath(path)
		if err != nil {
			bad("%s: %w", what, err)
			return
		}
		n, ok := from.at(steps)
		if !ok || n.branch() || n == from || n.leaf() && !(n.id && what != "plain") || n.person {
			bad("%s: the path %q is mapped already, or holds or is held by a mapped one", what, path)
			return
		}
		set(n)
	}
	if person != nil {
		if strings.Contains(r.ID, star) {
			bad("id: the path %q goes into an array: a person has one id", r.ID)
		} else if r.ID == "" {
			bad("id: missing: it says whose data an answer holds, as $.id")
		} else {
			mark("id", r.ID, person, func(n *node) { n.id = true })
		}
	}
	for _, category := range slices.Sorted(maps.Keys(r.Fields)) {
		field, err := cloison.ParseField(category)
		if err != nil {
			bad("fields: %w%s", err, meant(category, cloison.FieldNames()))
			continue
		}
		for _, path := range r.Fields[category] {
			if person != nil {
				mark("fields: "+category, path, person, func(n *node) { n.fields = field })
			}
		}
	}
	for _, path := range r.Plain {
		mark("plain", path, sh.root, func(n *node) { n.plain = true })
	}
	return sh, wrong
}

// persons marks the node of a person, and that of the list around it. It returns the first; nil when the route has
// none.
func (sh *shape) persons(r Route) (*node, error) {
	if r.Persons == "" {
		if r.ID != "" || len(r.Fields) > 0 {
			return nil, errors.New("persons: missing, though there is an id or fields: say where they are, as $ or $.resultats[*]")
		}
		if r.Operation != string(policy.Write) {
			return nil, errors.New("persons: missing: say where the persons are, as $ or $.resultats[*]")
		}
		return nil, nil
	}
	steps, err := parsePath(r.Persons)
	if err != nil {
		return nil, fmt.Errorf("persons: %w", err)
	}
	if len(r.Fields) == 0 {
		return nil, errors.New("fields: missing: say of which category each mapped value is, as identity: [$.nom, $.prenom]")
	}
	last := -1
	for i, step := range steps {
		if step == star {
			last = i
		}
	}
	if last >= 0 {
		list, _ := sh.root.at(steps[:last])
		list.rows, sh.list = true, true
	}
	many := r.Operation == string(policy.List) || r.Operation == string(policy.Search)
	if many && !sh.list {
		return nil, fmt.Errorf("persons: the path %q is one person, and the operation is %s: did you mean %s[*], or read?",
			r.Persons, r.Operation, r.Persons)
	}
	if r.Operation == string(policy.Read) && sh.list {
		return nil, fmt.Errorf("persons: the path %q is a list, and the operation is read: did you mean list?", r.Persons)
	}
	n, _ := sh.root.at(steps)
	n.person = true
	return n, nil
}

// owned reports whether the gateway itself sets or drops a request header.
func owned(h string) bool {
	h = textproto.CanonicalMIMEHeaderKey(h)
	if !isToken(h) || strings.Contains(h, "_") {
		return true
	}
	for _, prefix := range []string{"Cloison-", "X-Forwarded-", "Proxy-", "If-", "Sec-", "X-Http-Method", "X-Method",
		"X-Original-", "X-Rewrite-"} {
		if strings.HasPrefix(h, prefix) {
			return true
		}
	}
	return slices.Contains([]string{"Authorization", "Cookie", "Connection", "Keep-Alive", "Te", "Trailer", "Upgrade",
		"Transfer-Encoding", "Content-Length", "Content-Encoding", "Accept-Encoding", "Expect", "Forwarded", "Host", "Range",
		"Via", "X-Real-Ip"}, h)
}
