package web

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/i18n"
)

// Anybody is every role: an act that each account may do at least to itself.
const Anybody = ^directory.Role(0)

// Act is one line of the table.
type Act struct {
	Verb signin.Verb
	Who  directory.Role // any of them
	Read func(json.RawMessage) (any, error)
	// Describe says whether the viewer may do it to that subject now, and what the sentence act.VERB says of it. It
	// changes nothing.
	Describe func(context.Context, Viewer, any) (i18n.Params, error)
	Do       func(context.Context, Viewer, any) (Outcome, error)
}

// Outcome is what an act has done: its JSON, and the sentence done.VERB of its page.
type Outcome struct {
	Result any
	Say    i18n.Params
	Code   cloison.Secret // shown once
	Codes  []Handout      // shown once
	Next   string         // the path to go on to
	File   *File          // instead of a page
	Page   *Shown         // instead of the page that says done
}

// Shown is a page of its own that an act ends on.
type Shown struct {
	Template string
	View     View
}

// NewAct makes a line whose subject is an S: read strictly, encoded canonically by signin, and read again before it is
// done.
func NewAct[S any](verb signin.Verb, who directory.Role, describe func(context.Context, Viewer, S) (i18n.Params, error),
	do func(context.Context, Viewer, S) (Outcome, error),
) Act {
	return Act{
		Verb: verb, Who: who,
		Read: func(b json.RawMessage) (any, error) {
			var s S
			return s, ReadStrict(b, &s)
		},
		Describe: func(ctx context.Context, v Viewer, s any) (i18n.Params, error) { return describe(ctx, v, s.(S)) },
		Do:       func(ctx context.Context, v Viewer, s any) (Outcome, error) { return do(ctx, v, s.(S)) },
	}
}

// ReadStrict reads one JSON value: an unknown or repeated key, a key in other letters, or anything after the value is
// refused.
func ReadStrict(b []byte, into any) error {
	if err := jsonv2.Unmarshal(b, into, jsonv2.RejectUnknownMembers(true)); err != nil {
		return Unreadable(err)
	}
	return nil
}

// Unreadable leaves out why: the decoder quotes what was typed, and a name in the wrong field would stay in the log.
func Unreadable(error) error { return Refuse(cloison.Invalid, "subject") }

// MaxBody is the most that a form or a subject may have, in bytes.
const MaxBody = 64 << 10

// MayAct says whether the viewer may do the act at all, before its subject is looked at.
func (a Act) MayAct(v Viewer) error {
	switch {
	case !v.Proved():
		return Refuse(cloison.Denied, Reason(refusal.PasskeyNeeded))
	case !v.Has(a.Who):
		return Refuse(cloison.Denied, "no_role")
	}
	return nil
}

// begin fixes an act's subject, says it, and asks for the passkey: POST /actes, and the path of every page with a form,
// which comes back when a field of it is wrong.
func (s *Site) begin(w http.ResponseWriter, r *http.Request, p Page) {
	v, err := s.Viewer(r)
	var g *gesture
	if err == nil {
		g, err = s.beginAct(w, r, v)
	}
	switch {
	case err != nil && p.Show != nil && s.again(w, r, p, v, err):
	case err != nil:
		s.Fail(w, r, err)
	case WantsJSON(r):
		s.WriteJSON(w, r, http.StatusOK, g)
	default:
		s.Show(w, r, http.StatusOK, "gesture", v, g)
	}
}

// gesture is an act that waits for its passkey.
type gesture struct {
	Act     cloison.ActID   `json:"act"`
	Says    string          `json:"says"` // the act in words
	Options json.RawMessage `json:"options"`
	Verb    signin.Verb     `json:"-"`
	Back    string          `json:"-"`
}

func (g *gesture) Title(s Say) string { return s("gesture.title") }

func (s *Site) beginAct(w http.ResponseWriter, r *http.Request, v Viewer) (*gesture, error) {
	if !v.Proved() { // before anything of the request is looked at
		return nil, Refuse(cloison.Denied, Reason(refusal.PasskeyNeeded))
	}
	verb, body, err := s.asked(w, r)
	if err != nil {
		return nil, err
	}
	a, ok := s.acts[verb]
	if !ok {
		return nil, Refuse(cloison.Invalid, "unknown_verb")
	}
	if err := a.MayAct(v); err != nil {
		return nil, err
	}
	if err := s.CheckForm(r.PostForm.Get("form"), r.PostForm, v); err != nil {
		return nil, err
	}
	if isForm(r) {
		if body, err = s.FormSubject(r.PostForm); err != nil {
			return nil, err
		}
	}
	subject, err := a.Read(body)
	if err != nil {
		return nil, err
	}
	params, err := a.Describe(r.Context(), v, subject)
	if err != nil {
		return nil, err
	}
	id, options, err := s.Signin.BeginAct(r.Context(), v.Session, verb, subject)
	if err != nil {
		return nil, err
	}
	return &gesture{Act: id, Says: s.Speak(LanguageOf(r), Family("act.").Of(sentenceOf(verb, params)), params), Options: options, Verb: verb, Back: s.back(r)}, nil
}

// sentenceOf is the key of a verb's sentence; one that has variants names them in the parameter "variant".
func sentenceOf(verb signin.Verb, p i18n.Params) string {
	if variant, ok := p["variant"].(string); ok {
		return string(verb) + "_" + variant
	}
	return string(verb)
}

// finish does the act that the passkey approves: POST /actes/{id}. What is done is what was fixed when the act began.
func (s *Site) finish(w http.ResponseWriter, r *http.Request) {
	v, err := s.Viewer(r)
	if err != nil {
		s.Fail(w, r, err)
		return
	}
	verb, done, err := s.finishAct(w, r, v)
	switch {
	case err != nil:
		s.Fail(w, r, err)
	case done.File != nil:
		s.writeFile(w, r, done.File)
	case WantsJSON(r):
		s.WriteJSON(w, r, http.StatusOK, done.Result)
	case done.Page != nil:
		s.Show(w, r, http.StatusOK, done.Page.Template, v, done.Page.View)
	default:
		s.Show(w, r, http.StatusOK, "done", v, &doneView{Verb: verb, Params: done.Say, Code: done.Code.Reveal(), Codes: done.Codes, Next: done.Next})
	}
}

func (s *Site) finishAct(w http.ResponseWriter, r *http.Request, v Viewer) (signin.Verb, Outcome, error) {
	id, err := cloison.ParseActID(r.PathValue("id"))
	if err != nil || id == 0 {
		return "", Outcome{}, NotFound()
	}
	assertion, err := s.assertion(w, r)
	if err != nil {
		return "", Outcome{}, err
	}
	approved, err := s.Signin.FinishAct(r.Context(), v.Session, id, assertion)
	if err != nil {
		return "", Outcome{}, err
	}
	v.Session.PasskeyAt = approved.Made // it was shown since then
	a, ok := s.acts[approved.Verb]
	if !ok {
		return "", Outcome{}, Refuse(cloison.Invalid, "unknown_verb")
	}
	if err := a.MayAct(v); err != nil {
		return a.Verb, Outcome{}, err
	}
	subject, err := a.Read(approved.Subject)
	if err != nil {
		return a.Verb, Outcome{}, err
	}
	// Asked again: two minutes may have passed.
	if _, err := a.Describe(r.Context(), v, subject); err != nil {
		return a.Verb, Outcome{}, err
	}
	done, err := a.Do(r.Context(), v, subject)
	return a.Verb, done, err
}

// doneView is the page after an act.
type doneView struct {
	Verb   signin.Verb
	Params i18n.Params
	Code   string
	Codes  []Handout
	Next   string
}

func (d *doneView) Title(s Say) string {
	var pairs []any
	for name, value := range d.Params {
		pairs = append(pairs, name, value)
	}
	return s(Family("done.").Of(sentenceOf(d.Verb, d.Params)), pairs...)
}

// asked reads what is to be done: {"verb", "subject"} as JSON, or a form, whose subject is read once it was checked.
func (s *Site) asked(w http.ResponseWriter, r *http.Request) (signin.Verb, json.RawMessage, error) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	if isForm(r) {
		if err := r.ParseForm(); err != nil {
			return "", nil, Unreadable(err)
		}
		return signin.Verb(r.PostForm.Get("verb")), nil, nil
	}
	var in struct {
		Verb    signin.Verb    `json:"verb"`
		Subject jsontext.Value `json:"subject"`
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return "", nil, Unreadable(err)
	}
	err = ReadStrict(b, &in)
	return in.Verb, json.RawMessage(in.Subject), err
}

// assertion reads the passkey's answer: the body itself, or a form's field.
func (s *Site) assertion(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	if isForm(r) {
		if err := r.ParseForm(); err != nil {
			return nil, Unreadable(err)
		}
		return []byte(r.PostForm.Get("assertion")), nil
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, Unreadable(err)
	}
	return b, nil
}

func isForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// FormSubject turns a form's fields into the JSON of a subject. Empty fields are left out.
func (s *Site) FormSubject(form url.Values) (json.RawMessage, error) {
	subject := map[string]any{}
	for name, values := range form {
		joined := strings.TrimSpace(strings.Join(values, ","))
		if name == "verb" || name == "form" || name == "back" || joined == "" {
			continue
		}
		switch name {
		case "structure", "kept": // chosen from the list, which shows names too
			subject[name], _, _ = strings.Cut(joined, " – ")
		case "version", "seq":
			subject[name] = json.Number(joined)
		case "accounts":
			subject[name] = identifiers(joined)
		case "since", "until":
			t, err := ParseMoment(joined, s.Zone)
			if err != nil {
				return nil, BadField(name)
			}
			subject[name] = t
		default:
			subject[name] = joined
		}
	}
	b, err := json.Marshal(subject)
	if err != nil {
		return nil, Unreadable(err)
	}
	return b, nil
}

// ParseMoment reads a moment as a form or an address has it: RFC 3339, or a day and time, or a day, in the zone.
func ParseMoment(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, Refuse(cloison.Invalid, "moment")
}

// File is an answer to keep rather than to read.
type File struct {
	Name string
	Kind string
	Body func(w http.ResponseWriter) error
}

func (s *Site) writeFile(w http.ResponseWriter, r *http.Request, f *File) {
	w.Header().Set("Content-Type", f.Kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
	if err := f.Body(w); err != nil { // the answer has begun: nothing else can be said
		s.Log.ErrorContext(r.Context(), "writing a file failed", "kind", f.Kind, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// Handout is one line of the page that an approver prints.
type Handout struct {
	Account cloison.AccountID `json:"account"`
	Name    string            `json:"name"`
	Email   string            `json:"email"`
	Code    string            `json:"code"` // this once
}
