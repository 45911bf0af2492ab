package web

import (
	"cloison"
	"cloison/internal/i18n"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// formView is a form as a template reads it.
type formView struct {
	Form
	S      *Sheet
	Tried  bool
	Hidden []Option
	Fields []*fieldView
	N      any // of its button's words
}

// fieldView is a field of it.
type fieldView struct {
	Field
	S       *Sheet
	ID      string
	Label   string
	Value   string
	Options []Option
	Fault   string // what is wrong; empty: nothing
	again   bool   // the form came back
	filter  bool
}

// Option is a choice, or a hidden field.
type Option struct {
	Value, Text string
	On          bool
}

func (v *formView) field(fd Field, given map[string]any) *fieldView {
	s := v.S
	fv := &fieldView{Field: fd, S: s, filter: v.Filter, ID: fmt.Sprintf("champ-%d-%s", s.forms, fd.Name), Label: s.Say(fd.Words())}
	if says, ok := given[fd.Name+".says"].(string); ok {
		fv.Label = says
	}
	var stand []string
	switch now := given[fd.Name+".now"].(type) {
	case nil:
	case []string:
		stand = now
	default:
		stand = []string{fmt.Sprint(now)}
	}
	if v.Tried {
		fv.again = true
		fv.ID, stand = wrongID(fd.Name), s.tried.values[fd.Name]
		for _, w := range s.tried.wrong {
			if w.Field == fd.Name && fv.Fault == "" {
				fv.Fault = s.faultText(v.Form, fd, w)
			}
		}
	}
	fv.Value = strings.Join(stand, ",")
	fv.Options = s.options(fd, given[fd.Name])
	for i := range fv.Options {
		fv.Options[i].On = slices.Contains(stand, fv.Options[i].Value)
	}
	return fv
}

// wrongID is where a field of the form that came back stands in the page.
func wrongID(field string) string { return "champ-" + field }

// faultLine is a line of the summary that stands above a form that came back.
type faultLine struct{ ID, Label, Fault string }

// Button is the words of the form's button.
func (v *formView) Button() string { return v.S.Say(v.Do, "n", v.N) }

// Upload reports whether the form sends a file.
func (v *formView) Upload() bool {
	return slices.ContainsFunc(v.Form.Fields, func(fd Field) bool { return fd.Kind == Upload })
}

// Field is one of the fields, for a page that writes it itself.
func (v *formView) Field(name string) *fieldView {
	for _, fv := range v.Fields {
		if fv.Name == name {
			return fv
		}
	}
	return nil
}

// Chosen reports whether that was chosen in the field when the form was sent.
func (v *formView) Chosen(field, value string) bool {
	return v.Tried && slices.Contains(v.S.tried.values[field], value)
}

// Marked reports whether the page says that the field may stay empty.
func (f *fieldView) Marked() bool { return f.Optional && !f.filter }

// Hint is the words that help.
func (f *fieldView) Hint() i18n.Key {
	if f.Secret && f.again && f.Fault == "" {
		return "field.retype"
	}
	return f.Field.Hint
}

// Filled is what the browser may fill in by itself.
func (f *fieldView) Filled() string { return cmp.Or(f.Field.Filled, "off") }

// Input is the type of the input. What does not fit a type is shown as the text that it is: a browser would leave it
// out.
func (f *fieldView) Input() string {
	layout := map[FieldKind]string{Moment: "2006-01-02T15:04", Day: time.DateOnly}[f.Kind]
	if _, err := time.Parse(layout, f.Value); layout != "" && f.Value != "" && err != nil || f.Kind == Email && f.Fault != "" {
		return "text"
	}
	return cmp.Or(map[FieldKind]string{Moment: "datetime-local", Day: "date", Email: "email"}[f.Kind], "text")
}

// Described is the ids of what describes the field.
func (f *fieldView) Described() string {
	var ids []string
	if f.Hint() != "" {
		ids = append(ids, f.ID+"-aide")
	}
	if f.Fault != "" {
		ids = append(ids, f.ID+"-faute")
	}
	return strings.Join(ids, " ")
}

// Form is the form of that name. After it come names and values: of what the page fixes, its value; of a field, its
// choices or, as NAME.now, what stands there at first, or, as NAME.says, its words; n is a number in the words of the
// button.
func (s *Sheet) Form(name string, pairs ...any) (*formView, error) {
	f, ok := s.site.forms[name]
	if !ok || len(pairs)%2 != 0 {
		return nil, cloison.Errorf(cloison.Internal, "form %s: unknown, or a name without a value", name)
	}
	given := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		given[pairs[i].(string)] = pairs[i+1]
	}
	s.forms++
	v := &formView{Form: f, S: s, N: given["n"], Tried: s.tried != nil && !s.tried.placed && s.tried.form.Name == name}
	if !f.Filter {
		v.Hidden = append(v.Hidden, Option{Value: name, Text: "form"})
	}
	if f.Verb != "" {
		v.Hidden = append(v.Hidden, Option{Value: string(f.Verb), Text: "verb"})
	}
	if f.Kind != "" {
		v.Hidden = append(v.Hidden, Option{Value: f.Kind, Text: "kind"})
	}
	for _, name := range f.Keeps {
		value := fmt.Sprint(given[name])
		v.Hidden = append(v.Hidden, Option{Value: value, Text: name})
	}
	if len(f.Keeps) > 0 { // of several on a page, the one about the same
		v.Tried = v.Tried && s.tried.values.Get(f.Keeps[0]) == v.Hidden[len(v.Hidden)-len(f.Keeps)].Value
	}
	if v.Tried {
		s.tried.placed = true
	}
	for _, fd := range f.Fields {
		if fd.asks(s.viewer) {
			v.Fields = append(v.Fields, v.field(fd, given))
		}
	}
	return v, nil
}

// options are the choices of a field.
func (s *Sheet) options(fd Field, given any) (all []Option) {
	switch given := given.(type) {
	case []Party:
		for _, p := range given {
			all = append(all, Option{Value: p.Account.String(), Text: p.Name})
		}
	case []string:
		for _, code := range given {
			all = append(all, Option{Value: code, Text: s.Code("role.", code)})
		}
	case []cloison.StructureID:
		for _, id := range given {
			all = append(all, Option{Value: string(id)})
		}
	case []Option:
		all = append(all, given...)
	}
	for _, code := range fd.Codes {
		all = append(all, Option{Value: code, Text: s.Say(Family("reason.").Of(code))})
	}
	return all
}

// faultText says what is wrong with a field and what is wanted.
func (s *Sheet) faultText(f Form, fd Field, w Fault) string {
	if w.Code != "" {
		return s.site.SayRefusal(s.Lang, w.Code, "detail", w.Params) + " " + s.site.SayRefusal(s.Lang, w.Code, "way_out", w.Params)
	}
	part := Family(cmp.Or(string(w.Why), "fault"))
	for _, key := range []i18n.Key{part.Of("." + f.Name + "." + fd.Name), part.Of("." + fd.Name), part.Of("." + string(fd.Kind)), i18n.Key(part)} {
		if s.site.words.Has(key) {
			return s.site.Speak(s.Lang, key, w.Params)
		}
	}
	return s.Say("refusal.field.detail", "field", s.Say(fd.Words()))
}

// Faults are the fields to mend, in the order of the form.
func (s *Sheet) Faults() (lines []faultLine) {
	if s.tried == nil {
		return nil
	}
	for _, fd := range s.tried.form.Fields {
		for _, w := range s.tried.wrong {
			if w.Field == fd.Name {
				lines = append(lines, faultLine{wrongID(fd.Name), s.Say(fd.Words()), s.faultText(s.tried.form, fd, w)})
				break
			}
		}
	}
	return lines
}
