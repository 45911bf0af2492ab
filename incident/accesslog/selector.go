package accesslog

import (
	"bytes"
	"sync"

	"cloison"
	"cloison/incident/accesslog/fast"
)

// What is wanted of a line, by its place in a record.
const (
	wantAccount = iota
	wantKeep
	wantTime
	wantPerson
	wantFields
	wants
)

// lineReader reads the lines of one format, for one goroutine.
type lineReader interface {
	// parse reads a line whole. The reason is empty, or says why the line cannot be read.
	parse(line []byte) (reason string)
	// get returns what the line has of a want. It lives until the next line.
	get(want int) fast.Value
}

// selector decides about records: is it one of the accounts, within the window, and which persons does it name? Each
// goroutine has one.
type selector struct {
	compiled *compiledMap
	sink     Sink
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
	known     bool
	scratch   []byte
	noAccount int64
}

// maxSets bounds the memory of a selector for logs in which every line lists other fields.
const maxSets = 1 << 12

// take hands the persons that a record names to the sink. What is looked at, in this order: account, keep, time,
// window, person, fields. A line that fails the one is not asked for the next, and a line that names no person disclosed
// nothing. Nothing readable is lost: a person at an unreadable time is a sighting without a time, one shown with
// unreadable fields has none, and both lines count as unparsed. The reason then says what cannot be read; of is the
// account. An error ends the run.
func (s *selector) take(line lineReader) (reason string, of uint16, err error) {
	var seen Sighting
	var ok bool
	if seen.Account, ok = s.account(line.get(wantAccount)); !ok || !s.keeps(line) {
		return "", 0, nil
	}
	if at, ok := line.get(wantTime).Plain(&s.scratch); ok {
		seen.At, seen.Timed = s.compiled.clock.parse(at)
	}
	if seen.Timed && (seen.At < s.since || seen.At >= s.until) {
		return "", 0, nil
	}
	reason, err = s.persons(line, seen)
	return reason, seen.Account, err
}

// account finds the query's account that a value names.
func (s *selector) account(v fast.Value) (uint16, bool) {
	name := v.Raw
	if v.Kind == fast.Quoted && !s.replaced {
		name = name[1 : len(name)-1]
	} else {
		name, _ = v.Plain(&s.scratch)
	}
	n := len(name)
	if n == 0 {
		s.noAccount++
		return 0, false
	}
	if len(s.few) > 0 {
		for i, a := range s.few {
			if n == len(a) && name[n-1] == a[n-1] && string(name) == a {
				return uint16(i), true
			}
		}
		return 0, false
	}
	id, ok := s.accounts[string(name)]
	return id, ok
}

func (s *selector) keeps(line lineReader) bool {
	if s.compiled.keep == nil {
		return true
	}
	t, ok := line.get(wantKeep).Plain(&s.scratch)
	if !ok {
		return false
	}
	if !s.known || !bytes.Equal(t, s.kept) {
		s.kept, s.known = append(s.kept[:0], t...), true
		s.wasKept = s.compiled.keep.Match(t)
	}
	return s.wasKept
}

// persons adds the one person, or each of a list.
func (s *selector) persons(line lineReader, seen Sighting) (reason string, err error) {
	v := line.get(wantPerson)
	if v.Kind == fast.Absent {
		return "", nil
	}
	if v.Kind != fast.Array {
		name, why := s.person(v)
		if why != "" || name == nil {
			return why, nil
		}
		if seen.Fields, reason, err = s.fieldsOf(line.get(wantFields)); err != nil {
			return "", err
		}
		s.sink(name, seen)
		return s.late(seen, reason), nil
	}
	named := 0
	for element := range fast.Elements(v.Raw) {
		name, why := s.person(element)
		if why != "" {
			reason = why
		}
		if name == nil {
			continue
		}
		if named++; named == 1 {
			var why string
			if seen.Fields, why, err = s.fieldsOf(line.get(wantFields)); err != nil {
				return "", err
			}
			if reason == "" {
				reason = why
			}
		}
		s.sink(name, seen)
	}
	if named == 0 {
		return reason, nil
	}
	return s.late(seen, reason), nil
}

// late puts an unreadable time before other reasons.
func (s *selector) late(seen Sighting, reason string) string {
	if !seen.Timed {
		return "time: want " + s.compiled.clock.wants
	}
	return reason
}

// person returns a person's name; nil when the value names nobody.
func (s *selector) person(v fast.Value) (name []byte, reason string) {
	switch v.Kind {
	case fast.Absent:
		return nil, ""
	case fast.Boolean, fast.Array, fast.Object:
		return nil, "person: want a text, a number or a list of them"
	}
	name, ok := v.Plain(&s.scratch)
	if !ok {
		return nil, "person: not a text"
	}
	if s.compiled.person != nil {
		name = s.compiled.person.Extract(name)
	}
	switch {
	case len(name) == 0:
		return nil, ""
	case len(name) > MaxPerson:
		return nil, "person: the name is longer than 1024 bytes"
	}
	return name, ""
}

// fieldsOf returns the bits of the names that a value lists.
func (s *selector) fieldsOf(v fast.Value) (set uint64, reason string, err error) {
	if s.compiled.Fields.Field == "" {
		return s.constant, "", nil
	}
	if v.Kind == fast.Absent {
		return 0, "", nil
	}
	if set, ok := s.sets[string(v.Raw)]; ok {
		return set, "", nil
	}
	var scratch []byte
	switch v.Kind {
	case fast.Boolean, fast.Object:
		return 0, badFields, nil
	case fast.Array:
		for element := range fast.Elements(v.Raw) {
			switch element.Kind {
			case fast.Absent:
				continue
			case fast.Boolean, fast.Array, fast.Object:
				reason = badFields
				continue
			}
			name, _ := element.Plain(&scratch)
			if err = s.names.add(&set, name); err != nil {
				return 0, "", err
			}
		}
	default:
		list, _ := v.Plain(&scratch)
		for name := range bytes.FieldsFuncSeq(list, isSeparator) {
			if err = s.names.add(&set, name); err != nil {
				return 0, "", err
			}
		}
	}
	if reason == "" && len(s.sets) < maxSets && len(v.Raw) < 1<<10 {
		s.sets[string(v.Raw)] = set
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
