package console

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"cloison"
	"cloison/internal/phrase"
)

// badField says which field of a form is wrong. Its label is field.NAME; fault.NAME, if there is one, says what is wanted.
func badField(field string) error {
	return &cloison.Error{Kind: cloison.Invalid, Err: &refusal{code: "field", params: phrase.Params{"field": label("field." + field)}, field: field}}
}

// fieldOf is the form's field that an error is about, if it is about one.
func fieldOf(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.field
	}
	return ""
}

// mending is the way back from a form that was refused: the page it came from and, where a text field was wrong, that field alone to be typed
// again while the others stay as they were sent.
type mending struct {
	Back  string // the form's page
	Field string // to be typed again; empty: nothing can be mended here
	Type  string // of its input; "text area" is none
	Value string // what was typed
	Kept  []kept
}

// kept is a field of a form that is sent again as it was.
type kept struct{ Name, Value string }

// typed is the fields that people type and that may be shown to them again, with the type of their input. A person's code is none: it is
// spent by being shown. What is chosen from a list is chosen on the list's own page.
func typed(verb, field string) string {
	switch field {
	case "name", "person", "structure", "kept":
		return "text"
	case "email":
		return "email"
	case "since", "until":
		return "datetime-local"
	case "reason":
		if verb == "break_glass" {
			return "text area"
		}
	}
	return ""
}

// mend finds the way back for a form that was just refused.
func (c *Console) mend(r *http.Request, field string) mending {
	if r.Method != http.MethodPost {
		return mending{}
	}
	m := mending{Back: back(r)}
	if r.Pattern != "POST /actes" || !isForm(r) || r.PostForm.Has("code") {
		return m
	}
	if m.Type = typed(r.PostForm.Get("verb"), field); m.Type == "" {
		return m
	}
	m.Field, m.Value = field, r.PostForm.Get(field)
	m.Kept = append(m.Kept, kept{"from", m.Back})
	for name, values := range r.PostForm {
		if name == field || name == "from" {
			continue
		}
		for _, value := range values {
			m.Kept = append(m.Kept, kept{name, value})
		}
	}
	slices.SortFunc(m.Kept, func(a, b kept) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	return m
}
