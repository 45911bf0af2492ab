package exposure

import (
	"bytes"
	"encoding/json"
	"sync"
	"unicode/utf8"

	"cloison"
)

// What a roll wants of a line, by its place in a record.
const (
	wantAccount = iota
	wantKeep
	wantTime
	wantPerson
	wantFields
	wants
)

// value is one field of a line.
type value struct {
	kind kind
	raw  []byte
}

type kind uint8

const (
	absent  kind = iota // or null
	text                // raw is the text itself
	quoted              // raw is a JSON string with its quotes, without escapes
	escaped             // raw is a JSON string with its quotes, perhaps with escapes
	number              // raw is a JSON number, which is also its text
	boolean             // raw is true or false, which is also its text
	array               // raw is a JSON array
	object              // raw is a JSON object
)

// parser reads the lines of one format, for one goroutine.
type parser interface {
	// parse reads a line whole. The reason is empty, or says why the line can't be read.
	parse(line []byte) (reason string)
	// get returns what the line has of a want. It lives until the next line.
	get(want int) value
}

// plain returns the text of a value that is neither a list nor an object. It lives until scratch is used again.
func (v value) plain(scratch *[]byte) ([]byte, bool) {
	switch v.kind {
	case text, number, boolean:
		return v.raw, true
	case quoted:
		if inner := v.raw[1 : len(v.raw)-1]; utf8.Valid(inner) {
			return inner, true
		}
		fallthrough
	case escaped:
		var s string
		if json.Unmarshal(v.raw, &s) != nil {
			return nil, false
		}
		*scratch = append((*scratch)[:0], s...)
		return *scratch, true
	default:
		return nil, false
	}
}

// judge decides about records: is it one of the accounts, within the window, and whom does it name? One goroutine each.
type judge struct {
	plan     *plan
	table    *table
	names    *registry
	accounts map[string]uint16
	few      []string // the accounts, when they are few enough to compare one by one
	replaced bool     // an account has U+FFFD, which JSON makes of bytes that are not UTF-8, or such bytes
	since    int64    // Unix nanoseconds
	until    int64
	constant uint64 // of the map's constant fields

	sets      map[string]uint64 // what a line listed as its fields → bits
	kept      []byte            // the last text that keep judged…
	wasKept   bool              // …and how
	judged    bool
	scratch   []byte
	noAccount int64
}

// maxSets bounds the memory of a judge for logs in which every line lists other fields.
const maxSets = 1 << 12

// take adds the persons that a record names to the table. What is looked at, in this order: account, keep, time,
// window, person, fields; a line that fails the one is not asked for the next, and a line that names no person
// disclosed nothing. Nothing readable is lost: a person named at an unreadable time is Possible, one shown with
// unreadable fields has none, and both lines count as unparsed. The reason then says what can't be read; of is the
// account. An error ends the run.
func (j *judge) take(line parser) (reason string, of uint16, err error) {
	var s sighting
	var ok bool
	if s.account, ok = j.account(line.get(wantAccount)); !ok || !j.keeps(line) {
		return "", 0, nil
	}
	if at, ok := line.get(wantTime).plain(&j.scratch); ok {
		s.at, s.timed = j.plan.clock.parse(at)
	}
	if s.timed && (s.at < j.since || s.at >= j.until) {
		return "", 0, nil
	}
	reason, err = j.persons(line, s)
	return reason, s.account, err
}

// account finds the query's account that a value names.
func (j *judge) account(v value) (uint16, bool) {
	name := v.raw
	if v.kind == quoted && !j.replaced {
		name = name[1 : len(name)-1]
	} else {
		name, _ = v.plain(&j.scratch)
	}
	n := len(name)
	if n == 0 {
		j.noAccount++
		return 0, false
	}
	if len(j.few) > 0 {
		for i, a := range j.few {
			if n == len(a) && name[n-1] == a[n-1] && string(name) == a {
				return uint16(i), true
			}
		}
		return 0, false
	}
	id, ok := j.accounts[string(name)]
	return id, ok
}

func (j *judge) keeps(line parser) bool {
	if j.plan.keep == nil {
		return true
	}
	t, ok := line.get(wantKeep).plain(&j.scratch)
	if !ok {
		return false
	}
	if !j.judged || !bytes.Equal(t, j.kept) {
		j.kept, j.judged = append(j.kept[:0], t...), true
		j.wasKept = j.plan.keep.match(t)
	}
	return j.wasKept
}

// persons adds the one person, or each of a list.
func (j *judge) persons(line parser, s sighting) (reason string, err error) {
	v := line.get(wantPerson)
	if v.kind == absent {
		return "", nil
	}
	if v.kind != array {
		name, why := j.person(v)
		if why != "" || name == nil {
			return why, nil
		}
		if s.fields, reason, err = j.fieldsOf(line.get(wantFields)); err != nil {
			return "", err
		}
		j.table.add(name, s)
		return j.late(s, reason), nil
	}
	named := 0
	for element := range elements(v.raw) {
		name, why := j.person(element)
		if why != "" {
			reason = why
		}
		if name == nil {
			continue
		}
		if named++; named == 1 {
			var why string
			if s.fields, why, err = j.fieldsOf(line.get(wantFields)); err != nil {
				return "", err
			}
			if reason == "" {
				reason = why
			}
		}
		j.table.add(name, s)
	}
	if named == 0 {
		return reason, nil
	}
	return j.late(s, reason), nil
}

// late puts an unreadable time before other reasons.
func (j *judge) late(s sighting, reason string) string {
	if !s.timed {
		return "time: want " + j.plan.clock.wants
	}
	return reason
}

// person returns a person's name; nil when the value names nobody.
func (j *judge) person(v value) (name []byte, reason string) {
	switch v.kind {
	case absent:
		return nil, ""
	case boolean, array, object:
		return nil, "person: want a text, a number or a list of them"
	}
	name, ok := v.plain(&j.scratch)
	if !ok {
		return nil, "person: not a text"
	}
	if j.plan.person != nil {
		name = j.plan.person.extract(name)
	}
	switch {
	case len(name) == 0:
		return nil, ""
	case len(name) > maxPerson:
		return nil, "person: the name is longer than 1024 bytes"
	}
	return name, ""
}

// fieldsOf returns the bits of the names that a value lists.
func (j *judge) fieldsOf(v value) (set uint64, reason string, err error) {
	if j.plan.Fields.Field == "" {
		return j.constant, "", nil
	}
	if v.kind == absent {
		return 0, "", nil
	}
	if set, ok := j.sets[string(v.raw)]; ok {
		return set, "", nil
	}
	var scratch []byte
	switch v.kind {
	case boolean, object:
		return 0, badFields, nil
	case array:
		for element := range elements(v.raw) {
			switch element.kind {
			case absent:
				continue
			case boolean, array, object:
				reason = badFields
				continue
			}
			name, _ := element.plain(&scratch)
			if err = j.names.add(&set, name); err != nil {
				return 0, "", err
			}
		}
	default:
		list, _ := v.plain(&scratch)
		for name := range bytes.FieldsFuncSeq(list, isSeparator) {
			if err = j.names.add(&set, name); err != nil {
				return 0, "", err
			}
		}
	}
	if reason == "" && len(j.sets) < maxSets && len(v.raw) < 1<<10 {
		j.sets[string(v.raw)] = set
	}
	return set, reason, nil
}

const badFields = "fields: want a list of names"

func isSeparator(c rune) bool { return c == ',' || c == ';' || c == ' ' || c == '\t' }

// registry gives each distinct field name of a run one bit. Safe for concurrent use.
type registry struct {
	sync.Mutex
	bits map[string]int
	list []string
}

const maxNames = 64

// add puts the name's bit into the set. The empty name has none.
func (r *registry) add(set *uint64, name []byte) error {
	if len(name) == 0 {
		return nil
	}
	r.Lock()
	defer r.Unlock()
	bit, ok := r.bits[string(name)]
	if !ok {
		if bit = len(r.list); bit == maxNames {
			return cloison.Errorf(cloison.Invalid, "the log lists more than %d distinct field names: does the map's "+
				"fields.field name a list of fields, rather than values or free text?", maxNames)
		}
		if r.bits == nil {
			r.bits = map[string]int{}
		}
		r.bits[string(name)] = bit
		r.list = append(r.list, string(name))
	}
	*set |= 1 << bit
	return nil
}
