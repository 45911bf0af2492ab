package exposure

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"cloison/incident/accesslog"
)

// naive is the roll by the plainest means: one goroutine, the whole log in memory, encoding/json, encoding/csv and
// regexp, a map. It is what FromLogs is compared with.
type naive struct {
	m        accesslog.Map
	q        Query
	limit    int
	lines    int64
	unparsed int64
	nameless int64
	entries  map[[2]string]*Entry
	rows     map[string]int64
}

// outcome is a roll in a form that can be compared.
type outcome struct {
	Rows, Persons, Lines, Unparsed, NoAccount int64
	PerField, PerAccount, PerAccountRows      map[string]int64
	First, Last                               time.Time
	Entries                                   []Entry
}

func outcomeOf(r *Roll) outcome {
	return outcome{r.Rows, r.Persons, r.Lines, r.Unparsed, r.NoAccount, r.PerField, r.PerAccount, r.PerAccountRows, r.First, r.Last,
		slices.Collect(r.Entries())}
}

func naiveRoll(log []byte, m accesslog.Map, q Query, limit int) outcome {
	n := &naive{m: m, q: q, limit: limit, entries: map[[2]string]*Entry{}, rows: map[string]int64{}}
	log = bytes.TrimPrefix(log, []byte("\xef\xbb\xbf"))
	if m.Format == "csv" {
		n.csv(log)
	} else {
		n.plainLines(log)
	}
	return n.outcome()
}

func (n *naive) plainLines(log []byte) {
	for len(log) > 0 {
		line, rest, _ := bytes.Cut(log, []byte("\n"))
		log = rest
		n.lines++
		if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
			continue
		}
		get, ok := n.line(line)
		if !ok || len(line) > n.limit {
			n.unparsed++
			continue
		}
		n.take(get)
	}
}

func (n *naive) line(line []byte) (get func(string) any, ok bool) {
	if n.m.Format == "combined" {
		return naiveCombined(line)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var top any
	if d.Decode(&top) != nil {
		return nil, false
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, false
	}
	m, ok := top.(map[string]any)
	return func(name string) any { return naivePath(m, name) }, ok
}

func naivePath(m map[string]any, path string) any {
	if v := m[path]; v != nil {
		return v
	}
	for i := range len(path) {
		if inner, ok := m[path[:i]].(map[string]any); ok && path[i] == '.' {
			if v := naivePath(inner, path[i+1:]); v != nil {
				return v
			}
		}
	}
	return nil
}

func naiveCombined(line []byte) (func(string) any, bool) {
	const inside = `((?:[^"\\]|\\.)*)` // a backslash takes the next byte with it
	// The byte-wise view: each byte is a character of its own.
	head, tail, _ := strings.Cut(latin1(line), " [")
	who := regexp.MustCompile(`(?s)^([^ ]+) [^ ]+ (.*)$`).FindStringSubmatch(head)
	what := regexp.MustCompile(`(?s)^([^\]]*)\] "` + inside + `" ([0-9]{3}|-) ([0-9]+|-)(?: "` + inside + `" ?"` + inside + `".*|$)`).FindStringSubmatch(tail)
	if who == nil || what == nil {
		return nil, false
	}
	found := append(who, what[1:]...)
	method, path, ok := strings.Cut(found[4], " ")
	if !ok || method == "" {
		method, path = "", found[4]
	} else if i := strings.LastIndex(path, " "); i >= 0 && strings.HasPrefix(path[i+1:], "HTTP/") {
		path = path[:i]
	}
	fields := map[string]string{"remote": found[1], "user": found[2], "time": found[3], "method": method, "path": path,
		"status": found[5], "bytes": found[6], "referer": found[7], "agent": found[8]}
	return func(name string) any {
		if v := fields[name]; v != "-" {
			escape := regexp.MustCompile(`(?s)\\(x[0-9a-fA-F]{2}|["\\nt])`)
			v = escape.ReplaceAllStringFunc(v, func(e string) string {
				switch e[1] {
				case 'x':
					b := []byte{0}
					for _, c := range strings.ToLower(e[2:]) {
						b[0] = b[0]<<4 | byte(strings.IndexRune("0123456789abcdef", c))
					}
					return latin1(b)
				case 'n':
					return "\n"
				case 't':
					return "\t"
				default:
					return e[1:]
				}
			})
			return unlatin1(v)
		}
		return nil
	}, true
}

func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

func unlatin1(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func (n *naive) csv(log []byte) {
	var header []string
	for len(log) > 0 {
		if n := len(log) - len(bytes.TrimLeft(log, "\n")); n > 0 {
			log = log[n:]
			continue
		}
		if bytes.HasPrefix(log, []byte("\r\n")) {
			log = log[2:]
			continue
		}
		if string(log) == "\r" {
			return
		}
		r := csv.NewReader(bytes.NewReader(log))
		if n.m.Delimiter != "" {
			r.Comma = rune(n.m.Delimiter[0])
		}
		record, err := r.Read()
		size := int(r.InputOffset())
		first, _, _ := bytes.Cut(log, []byte("\n"))
		if multi := size > len(first)+1; err != nil || size > n.limit && multi {
			size = min(len(first)+1, len(log))
			record = nil
		}
		long := len(bytes.TrimSuffix(bytes.TrimSuffix(log[:size], []byte("\n")), []byte("\r"))) > n.limit
		log = log[size:]
		if header == nil {
			header = record
			continue
		}
		n.lines++
		if len(record) != len(header) || long {
			n.unparsed++
			continue
		}
		n.take(func(name string) any {
			i := slices.Index(header, name)
			if i < 0 {
				return nil
			}
			var list []any
			d := json.NewDecoder(strings.NewReader(record[i]))
			d.UseNumber()
			listed := name == n.m.Person.Field || name == n.m.Fields.Field
			if listed && strings.HasPrefix(record[i], "[") && json.Valid([]byte(record[i])) && d.Decode(&list) == nil {
				return list
			}
			return record[i]
		})
	}
}

func plainText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return string(v), true
	case bool:
		return map[bool]string{true: "true", false: "false"}[v], true
	default:
		return "", false
	}
}

func (n *naive) take(get func(string) any) {
	account, _ := plainText(get(n.m.Account.Field))
	if account == "" {
		n.nameless++
		return
	}
	if !slices.Contains(n.q.Accounts, account) {
		return
	}
	if n.m.Keep != nil {
		if kept, ok := plainText(get(n.m.Keep.Field)); !ok || !regexp.MustCompile(n.m.Keep.Pattern).MatchString(kept) {
			return
		}
	}
	text, _ := plainText(get(cmp.Or(n.m.Time.Field, "time")))
	at, err := n.time(text)
	if err == nil && (!n.q.Since.IsZero() && at.Before(n.q.Since) || !n.q.Until.IsZero() && !at.Before(n.q.Until)) {
		return
	}
	persons, bad := n.persons(get(n.m.Person.Field))
	if len(persons) > 0 {
		fields, badFields := n.fields(get)
		bad = bad || badFields || err != nil
		for _, p := range persons {
			n.add(p, account, fields, at, err == nil)
		}
	}
	if bad {
		n.unparsed++
	}
}

func (n *naive) time(text string) (time.Time, error) {
	layout := n.m.Time.Layout
	switch {
	case layout == "" && n.m.Format == "combined":
		layout = "02/Jan/2006:15:04:05 -0700"
	case layout == "":
		layout = time.RFC3339
	}
	at, err := time.Parse(layout, text)
	if err == nil && (at.Year() < 1679 || at.Year() > 2261) {
		return at, io.ErrUnexpectedEOF
	}
	return at.UTC(), err
}

func (n *naive) persons(v any) (persons []string, bad bool) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, v := range list {
		text, ok := plainText(v)
		if _, isBool := v.(bool); !ok && v != nil || isBool {
			bad = true
			continue
		}
		if n.m.Person.Pattern != "" {
			found := regexp.MustCompile(n.m.Person.Pattern).FindStringSubmatch(text)
			if found == nil {
				continue
			}
			text = found[min(1, len(found)-1)]
		}
		if len(text) > maxPerson {
			bad = true
		} else if text != "" {
			persons = append(persons, text)
		}
	}
	return persons, bad
}

func (n *naive) fields(get func(string) any) (names []string, bad bool) {
	if n.m.Fields.Field == "" {
		return n.m.Fields.Constant, false
	}
	switch v := get(n.m.Fields.Field).(type) {
	case nil:
	case []any:
		for _, v := range v {
			text, ok := plainText(v)
			if _, isBool := v.(bool); !ok && v != nil || isBool {
				bad = true
			} else if text != "" {
				names = append(names, text)
			}
		}
	case bool, map[string]any:
		bad = true
	default:
		text, _ := plainText(v)
		names = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t", r) })
	}
	return names, bad
}

func (n *naive) add(person, account string, fields []string, at time.Time, timed bool) {
	e := n.entries[[2]string{person, account}]
	if e == nil {
		e = &Entry{Account: account, Class: Possible, How: []string{}, Fields: []string{}}
		n.entries[[2]string{person, account}] = e
	}
	switch {
	case !timed && e.Class == Proven:
		return
	case timed && e.Class == Possible:
		e.Class, e.Fields, e.First, e.Last = Proven, []string{}, at, at
	}
	if timed {
		e.Times++
		n.rows[account]++
		if at.Before(e.First) {
			e.First = at
		}
		if at.After(e.Last) {
			e.Last = at
		}
	}
	for _, f := range fields {
		if !slices.Contains(e.Fields, f) {
			e.Fields = append(e.Fields, f)
		}
	}
	slices.Sort(e.Fields)
}

func (n *naive) outcome() outcome {
	o := outcome{Lines: n.lines, Unparsed: n.unparsed, NoAccount: n.nameless,
		PerField: map[string]int64{}, PerAccount: map[string]int64{}, PerAccountRows: map[string]int64{}}
	for _, a := range n.q.Accounts {
		o.PerAccount[a], o.PerAccountRows[a] = 0, n.rows[a]
	}
	shown := map[string]map[string]bool{}
	for key, e := range n.entries {
		e.Person = personRef(key[0])
		o.Entries = append(o.Entries, *e)
		if e.Class != Proven {
			continue
		}
		if shown[key[0]] == nil {
			shown[key[0]] = map[string]bool{}
		}
		for _, f := range e.Fields {
			shown[key[0]][f] = true
		}
		o.Rows += e.Times
		o.PerAccount[e.Account]++
		if o.First.IsZero() || e.First.Before(o.First) {
			o.First = e.First
		}
		if e.Last.After(o.Last) {
			o.Last = e.Last
		}
	}
	o.Persons = int64(len(shown))
	for _, fields := range shown {
		for f := range fields {
			o.PerField[f]++
		}
	}
	slices.SortFunc(o.Entries, func(a, b Entry) int {
		if c := strings.Compare(string(a.Person), string(b.Person)); c != 0 {
			return c
		}
		return strings.Compare(a.Account, b.Account)
	})
	return o
}
