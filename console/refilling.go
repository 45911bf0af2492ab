package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
)

// tried is a form that was sent and refused for its fields: it comes back on its own page as it was typed.
type tried struct {
	form   form
	values url.Values // what is secret is not among them
	wrong  []fault
	placed bool // the page has shown it
}

// faultsOf says which fields of the form an error is about; none when it is about something else.
func (f form) faultsOf(err error) []fault {
	var r *refusal
	if errors.As(err, &r) && len(r.wrong) > 0 {
		return r.wrong
	}
	code, params := reasonOf(err)
	for _, fd := range f.fields {
		if slices.Contains(fd.about, code) {
			return []fault{{field: fd.name, code: code, params: params}}
		}
	}
	return nil
}

// try is the form as somebody sent it, if the error is about fields that it asks them for.
func (f form) try(sent url.Values, v viewer, err error) (*tried, bool) {
	t := &tried{form: f, values: url.Values{}, wrong: f.faultsOf(err)}
	for _, w := range t.wrong {
		if !f.has(w.field, v) {
			return nil, false
		}
	}
	for _, name := range f.keeps {
		t.values[name] = sent[name]
	}
	for _, fd := range f.fields {
		if !fd.secret && fd.asks(v) {
			t.values[fd.name] = sent[fd.name]
		}
	}
	return t, len(t.wrong) > 0
}

// again answers a form that was refused for its fields with its page, on which it stands as it was typed. It reports
// false, and answers nothing, when the refusal is about something else or the page shows the form no more.
func (c *Console) again(w http.ResponseWriter, r *http.Request, p page, v viewer, err error) bool {
	return c.refill(w, r, p, v, r.PostForm.Get("form"), r.PostForm, err)
}

// refill is again for a form that says its name by its path.
func (c *Console) refill(w http.ResponseWriter, r *http.Request, p page, v viewer, name string, sent url.Values, err error) bool {
	f, ok := formNamed(name)
	if !ok || wantsJSON(r) {
		return false
	}
	t, ok := f.try(sent, v, err)
	if !ok || p.mayOpen(v) != nil {
		return false
	}
	r = asPage(r)
	view, err := p.view(c, r, v)
	return err == nil && c.showAgain(w, r, p.template, v, view, t)
}

// unfiltered answers a page whose filter was filled in wrongly: what is wrong narrows nothing, and stands in its field
// to be mended. It reports false, and answers nothing, when that is not why the page was refused.
func (c *Console) unfiltered(w http.ResponseWriter, r *http.Request, p page, v viewer, err error) bool {
	f, ok := formNamed(p.template)
	if !ok || !f.filter || wantsJSON(r) {
		return false
	}
	q := r.URL.Query()
	if wrong := f.check(q, v, c.Gauge.Zone); len(wrong) > 0 {
		err = badFields(wrong)
	}
	t, ok := f.try(r.URL.Query(), v, err)
	if !ok {
		return false
	}
	for _, w := range t.wrong {
		q.Del(w.field)
	}
	plain := asPage(r)
	plain.URL = &url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	view, err := p.view(c, plain, v)
	return err == nil && c.showAgain(w, r, p.template, v, view, t)
}

// asPage is the request for the page that a form was sent to.
func asPage(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.Method, r.Body, r.PostForm, r.Form = http.MethodGet, http.NoBody, nil, nil
	return r
}

// showAgain writes the page with the form that was tried, if it stands there.
func (c *Console) showAgain(w http.ResponseWriter, r *http.Request, name string, v viewer, view titled, t *tried) bool {
	body, err := c.compose(r, name, v, view, t)
	if err != nil || !t.placed {
		return false
	}
	fields := make([]string, len(t.wrong))
	for i, f := range t.wrong {
		fields[i] = f.field
	}
	c.Log.InfoContext(r.Context(), "a form was refused", "form", t.form.name, "fields", fields)
	c.write(w, r, http.StatusUnprocessableEntity, body)
	return true
}
