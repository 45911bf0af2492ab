package accesslog

import (
	"encoding/json"

	"cloison/incident/accesslog/fast"
)

// jsonl reads JSON Lines.
type jsonl struct {
	line    fast.Line
	lookups [wants][]lookup
}

// lookup is one way to a want: the value of a top-level key, or below it by a path.
type lookup struct {
	key  int    // of the line
	path string // dotted; empty: the value itself
}

func newJSONL(p *compiledMap) *jsonl {
	j := &jsonl{}
	for want, name := range p.wanted() {
		if name == "" {
			continue
		}
		j.lookups[want] = append(j.lookups[want], lookup{j.line.Want(name), ""})
		for i := range len(name) {
			if name[i] == '.' {
				j.lookups[want] = append(j.lookups[want], lookup{j.line.Want(name[:i]), name[i+1:]})
			}
		}
	}
	return j
}

func (j *jsonl) parse(line []byte) string { return j.line.Read(line) }

func (j *jsonl) get(want int) fast.Value {
	for _, l := range j.lookups[want] {
		v := j.line.Value(l.key)
		if l.path != "" {
			v = below(v, l.path)
		}
		if v.Kind != fast.Absent {
			return v
		}
	}
	return fast.Value{}
}

// below finds a dotted path in an object: at each object a key of the whole rest, or else of its beginning up to a dot.
func below(v fast.Value, path string) fast.Value {
	if v.Kind != fast.Object {
		return fast.Value{}
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(v.Raw, &m) != nil {
		return fast.Value{}
	}
	if found := fast.ValueOf(m[path]); found.Kind != fast.Absent {
		return found
	}
	for i := range len(path) {
		if path[i] == '.' {
			if found := below(fast.ValueOf(m[path[:i]]), path[i+1:]); found.Kind != fast.Absent {
				return found
			}
		}
	}
	return fast.Value{}
}
