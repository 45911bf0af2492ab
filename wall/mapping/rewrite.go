package mapping

import (
	"bytes"

	"cloison"
)

// bullets replace a masked value. They hide its length and its kind too.
const bullets = `"••••••••"`

// Permission is what may leave of one person. A shown person without fields leaves as the id alone.
type Permission struct {
	Shown  bool
	Fields cloison.Fields
}

// Rewrite appends to out the part of the answer that may leave. It removes elements of withheld persons, replaces
// values of categories that are not permitted by bullets, and copies the rest byte for byte. permitted has the order of
// Persons. It returns out and the number of elements removed.
func (rd *Reading) Rewrite(out, answer []byte, permitted []Permission) (_ []byte, withheld int) {
	pos, v, list := 0, 0, nobody
	first, kept := true, false
	for i, e := range rd.elements {
		first = e.list != list
		if first {
			list, kept = e.list, false
		}
		may := Permission{Shown: true}
		if e.person != nobody {
			may = permitted[e.person]
		}
		if !may.Shown {
			withheld++
			out = append(out, answer[pos:e.start]...)
			pos = e.end
			continue
		}
		if !kept && !first { // all elements before it were removed: remove its comma too
			pos = e.start + bytes.IndexByte(answer[e.start:], ',') + 1
		}
		kept = true
		for ; v < len(rd.values) && rd.values[v].element <= i; v++ {
			if val := rd.values[v]; val.element == i && !may.Fields.Has(val.fields) {
				out = append(append(out, answer[pos:val.start]...), bullets...)
				pos = val.end
			}
		}
	}
	return append(out, answer[pos:]...), withheld
}
