package mapping

import (
	"bytes"

	"cloison"
)

// bullets stand for a masked value, whatever it was: neither its length nor its kind shows.
const bullets = `"••••••••"`

// permission is what may leave of one person. Shown without fields is the id alone.
type Permission struct {
	Shown  bool
	Fields cloison.Fields
}

// rewrite appends to out the part of the answer that may leave: elements of withheld persons are cut, values of other
// categories than the permitted ones are replaced by bullets, everything else is copied byte for byte. permitted is in
// the order of the reading's persons. It returns out and how many elements it withheld.
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
		if !kept && !first { // those before it went, and its comma goes with them
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
