package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloison/internal/i18n"

	"cloison"
)

// formView is a form as a template reads it.
type formView struct {
	form
	S      *sheet
	Tried  bool
	Hidden []option
	Fields []*fieldView
	N      any // of its button's words
}

// fieldView is a field of it.
type fieldView struct {
	field
	S       *sheet
	ID      string
	Label   string
	Value   string
	Options []option
	Fault   string // what is wrong; empty: nothing
	again   bool   // the form came back
	filter  bool
}

// option is a choice, or a hidden field.
type option struct {
	Value, Text string
	On          bool
}

// Form is the form of that name. After it come names and values: of what the page fixes, its value; of a field, its
// choices or, as NAME.now, what stands there at first, or, as NAME.says, its words; n is a number in the words of the
// button.
func (s *sheet) Form(name string, pairs ...any) (*formView, error) {
	f, ok := formNamed(name)
	if !ok || len(pairs)%2 != 0 {
		return nil, cloison.Errorf(cloison.Internal, "there is no form %s, or a name without a value", name)
	}
	given := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		given[pairs[i].(string)] = pairs[i+1]
	}
	s.forms++
	v := &formView{form: f, S: s, N: given["n"], Tried: s.tried != nil && !s.tried.placed && s.tried.form.name == name}
	if !f.filter {
		v.Hidden = append(v.Hidden, option{Value: name, Text: "form"})
	}
	if f.verb != "" {
		v.Hidden = append(v.Hidden, option{Value: string(f.verb), Text: "verb"})
	}
	if f.kind != "" {
		v.Hidden = append(v.Hidden, option{Value: f.kind, Text: "kind"})
	}
	for _, name := range f.keeps {
		value := fmt.Sprint(given[name])
		v.Hidden = append(v.Hidden, option{Value: value, Text: name})
	}
	if len(f.keeps) > 0 { // of several on a page, the one about the same
		v.Tried = v.Tried && s.tried.values.Get(f.keeps[0]) == v.Hidden[len(v.Hidden)-len(f.keeps)].Value
	}
	if v.Tried {
		s.tried.placed = true
	}
	for _, fd := range f.fields {
		if fd.asks(s.viewer) {
			v.Fields = append(v.Fields, v.field(fd, given))
		}
	}
	return v, nil
}

func (v *formView) field(fd field, given map[string]any) *fieldView {
	s := v.S
	fv := &fieldView{field: fd, S: s, filter: v.filter, ID: fmt.Sprintf("champ-%d-%s", s.forms, fd.name), Label: s.say(i18n.Key(cmp.Or(fd.label, "field."+fd.name)))}
	if says, ok := given[fd.name+".says"].(string); ok {
		fv.Label = says
	}
	var stand []string
	switch now := given[fd.name+".now"].(type) {
	case nil:
	case []string:
		stand = now
	default:
		stand = []string{fmt.Sprint(now)}
	}
	if v.Tried {
		fv.again = true
		fv.ID, stand = wrongID(fd.name), s.tried.values[fd.name]
		for _, w := range s.tried.wrong {
			if w.field == fd.name && fv.Fault == "" {
				fv.Fault = s.faultText(v.form, fd, w)
			}
		}
	}
	fv.Value = strings.Join(stand, ",")
	fv.Options = s.options(fd, given[fd.name])
	for i := range fv.Options {
		fv.Options[i].On = slices.Contains(stand, fv.Options[i].Value)
	}
	return fv
}

// wrongID is where a field of the form that came back stands in the page.
func wrongID(field string) string { return "champ-" + field }

// options are the choices of a field.
func (s *sheet) options(fd field, given any) (all []option) {
	switch given := given.(type) {
	case []party:
		for _, p := range given {
			all = append(all, option{Value: p.Account.String(), Text: p.Name})
		}
	case []string:
		for _, code := range given {
			all = append(all, option{Value: code, Text: s.Code("role", code)})
		}
	case []cloison.StructureID:
		for _, id := range given {
			all = append(all, option{Value: string(id)})
		}
	case []choiceView:
		for i, c := range given {
			all = append(all, option{Value: strconv.Itoa(i + 1), Text: c.Text})
		}
	}
	for _, code := range fd.codes {
		all = append(all, option{Value: code, Text: s.say(i18n.Key("reason." + code))})
	}
	return all
}

// faultText says what is wrong with a field and what is wanted.
func (s *sheet) faultText(f form, fd field, w fault) string {
	if w.code != "" {
		return s.console.say(s.Lang, w.code, "detail", w.params) + " " + s.console.say(s.Lang, w.code, "way_out", w.params)
	}
	part := cmp.Or(i18n.Key(w.why), "fault")
	for _, key := range []i18n.Key{part + "." + i18n.Key(f.name+"."+fd.name), part + "." + i18n.Key(fd.name), part + "." + i18n.Key(fd.kind), part} {
		if s.console.words.Has(key) {
			return s.console.speak(s.Lang, key, w.params)
		}
	}
	return s.say("refusal.field.detail", "field", s.say(i18n.Key(cmp.Or(fd.label, "field."+fd.name))))
}

// faultLine is a line of the summary that stands above a form that came back.
type faultLine struct{ ID, Label, Fault string }

// Faults are the fields to mend, in the order of the form.
func (s *sheet) Faults() (lines []faultLine) {
	if s.tried == nil {
		return nil
	}
	for _, fd := range s.tried.form.fields {
		for _, w := range s.tried.wrong {
			if w.field == fd.name {
				lines = append(lines, faultLine{wrongID(fd.name), s.say(i18n.Key(cmp.Or(fd.label, "field."+fd.name))), s.faultText(s.tried.form, fd, w)})
				break
			}
		}
	}
	return lines
}

// Button is the words of the form's button.
func (v *formView) Button() string { return v.S.say(i18n.Key(v.do), "n", v.N) }

// Look is the class of the form's button.
func (v *formView) Look() string { return v.look }

// Upload reports whether the form sends a file.
func (v *formView) Upload() bool {
	return slices.ContainsFunc(v.fields, func(fd field) bool { return fd.kind == asFile })
}

// Field is one of the fields, for a page that writes it itself.
func (v *formView) Field(name string) *fieldView {
	for _, fv := range v.Fields {
		if fv.name == name {
			return fv
		}
	}
	return nil
}

// Chosen reports whether that was chosen in the field when the form was sent.
func (v *formView) Chosen(field, value string) bool {
	return v.Tried && slices.Contains(v.S.tried.values[field], value)
}

func (f *fieldView) Name() string   { return f.name }
func (f *fieldView) Kind() string   { return string(f.kind) }
func (f *fieldView) Most() int      { return f.most }
func (f *fieldView) Least() int     { return f.least }
func (f *fieldView) Optional() bool { return f.optional }
func (f *fieldView) Marked() bool   { return f.optional && !f.filter } // nothing in a filter is needed
func (f *fieldView) Preset() bool   { return f.preset }

// Hint is the words that help.
func (f *fieldView) Hint() string {
	if f.secret && f.again && f.Fault == "" {
		return "field.retype"
	}
	return f.hint
}

// Filled is what the browser may fill in by itself.
func (f *fieldView) Filled() string { return cmp.Or(f.filled, "off") }

// Input is the type of the input. What does not fit a type is shown as the text that it is: a browser would leave it
// out.
func (f *fieldView) Input() string {
	layout := map[fieldKind]string{asMoment: "2006-01-02T15:04", asDay: time.DateOnly}[f.kind]
	if _, err := time.Parse(layout, f.Value); layout != "" && f.Value != "" && err != nil || f.kind == asEmail && f.Fault != "" {
		return "text"
	}
	return cmp.Or(map[fieldKind]string{asMoment: "datetime-local", asDay: "date", asEmail: "email"}[f.kind], "text")
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
