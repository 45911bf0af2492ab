package web

import (
	"net/http"
	"net/url"
	"slices"
)

// tried is a form that was sent and refused for its fields: it comes back on its own page as it was typed.
type tried struct {
	form   Form
	values url.Values // what is secret is not among them
	wrong  []Fault
	placed bool // the page has shown it
}

// faultsOf says which fields of the form an error is about; none when it is about something else.
func (f Form) faultsOf(err error) []Fault {
	if r, ok := asRefusal(err); ok && len(r.wrong) > 0 {
		return r.wrong
	}
	reason, params := reasonOf(err)
	code := string(reason)
	for _, fd := range f.Fields {
		if slices.Contains(fd.About, code) {
			return []Fault{{Field: fd.Name, Code: code, Params: params}}
		}
	}
	return nil
}

// try is the form as somebody sent it, if the error is about fields that it asks them for.
func (f Form) try(sent url.Values, v Viewer, err error) (*tried, bool) {
	t := &tried{form: f, values: url.Values{}, wrong: f.faultsOf(err)}
	for _, w := range t.wrong {
		if !f.has(w.Field, v) {
			return nil, false
		}
	}
	for _, name := range f.Keeps {
		t.values[name] = sent[name]
	}
	for _, fd := range f.Fields {
		if !fd.Secret && fd.asks(v) {
			t.values[fd.Name] = sent[fd.Name]
		}
	}
	return t, len(t.wrong) > 0
}

// again answers a form that was refused for its fields with its page, on which it stands as it was typed. It reports
// false, and answers nothing, when the refusal is about something else or the page shows the form no more.
func (s *Site) again(w http.ResponseWriter, r *http.Request, p Page, v Viewer, err error) bool {
	return s.Refill(w, r, p, v, r.PostForm.Get("form"), r.PostForm, err)
}

// Refill is again for a form that says its name by its path.
func (s *Site) Refill(w http.ResponseWriter, r *http.Request, p Page, v Viewer, name string, sent url.Values, err error) bool {
	f, ok := s.forms[name]
	if !ok || WantsJSON(r) {
		return false
	}
	t, ok := f.try(sent, v, err)
	if !ok || p.MayOpen(v) != nil {
		return false
	}
	r = asPage(r)
	view, err := p.Show(r, v)
	return err == nil && s.showAgain(w, r, p.Template, v, view, t)
}

// unfiltered answers a page whose filter was filled in wrongly: what is wrong narrows nothing, and stands in its field
// to be mended. It reports false, and answers nothing, when that is not why the page was refused.
func (s *Site) unfiltered(w http.ResponseWriter, r *http.Request, p Page, v Viewer, err error) bool {
	f, ok := s.forms[p.Template]
	if !ok || !f.Filter || WantsJSON(r) {
		return false
	}
	q := r.URL.Query()
	if wrong := f.Check(q, v, s.Zone); len(wrong) > 0 {
		err = BadFields(wrong)
	}
	t, ok := f.try(r.URL.Query(), v, err)
	if !ok {
		return false
	}
	for _, w := range t.wrong {
		q.Del(w.Field)
	}
	plain := asPage(r)
	plain.URL = &url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	view, err := p.Show(plain, v)
	return err == nil && s.showAgain(w, r, p.Template, v, view, t)
}

// asPage is the request for the page that a form was sent to.
func asPage(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.Method, r.Body, r.PostForm, r.Form = http.MethodGet, http.NoBody, nil, nil
	return r
}

// showAgain writes the page with the form that was tried, if it stands there.
func (s *Site) showAgain(w http.ResponseWriter, r *http.Request, name string, v Viewer, view View, t *tried) bool {
	body, err := s.compose(r, name, v, view, t)
	if err != nil || !t.placed {
		return false
	}
	fields := make([]string, len(t.wrong))
	for i, f := range t.wrong {
		fields[i] = f.Field
	}
	s.Log.InfoContext(r.Context(), "form refused", "form", t.form.Name, "fields", fields)
	s.write(w, r, http.StatusUnprocessableEntity, body)
	return true
}
