package console

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
	"cloison/internal/i18n"
)

// Cancel and Cover are the console's own verbs beside those of signin.
const (
	Cancel signin.Verb = "cancel" // withdraw a proposal
	Cover  signin.Verb = "cover"  // declare that a colleague meets another's caseload
)

// anybody is every role: an act that each account may do at least to itself.
const anybody = ^directory.Role(0)

// acts is the whole of what the console does, and who may do it. A verb that is not here does not exist. The roles say
// who may begin at all; on whom, says the stage behind it, by the table of access/directory/authority.go, when the act begins
// and again when it is done.
func acts() []act {
	return append([]act{
		line(signin.Propose, directory.Manager|directory.Officer, (*Console).aboutPropose, (*Console).propose),
		line(signin.Approve, directory.Approver, (*Console).aboutApprove, (*Console).approve),
		line(ProposeList, directory.Manager|directory.Officer, (*Console).aboutProposeList, (*Console).proposeList),
		line(ApproveList, directory.Approver, (*Console).aboutApproveList, (*Console).approveList),
		line(signin.Refuse, directory.Approver, (*Console).aboutRefuse, (*Console).refuse),
		line(Cancel, directory.Manager|directory.Officer, (*Console).aboutCancel, (*Console).cancel),
		line(signin.Suspend, anybody, (*Console).aboutSuspend, (*Console).suspend),
		line(signin.Contain, directory.Manager|directory.Officer, (*Console).aboutContain, (*Console).contain),
		line(signin.Undo, directory.Officer, (*Console).aboutUndo, (*Console).undo),
		line(Cover, directory.Adviser|directory.Reception|house, (*Console).aboutCover, (*Console).cover),
		line(Duty, house, (*Console).aboutDuty, (*Console).duty),
		line(Transfer, house|directory.Officer, (*Console).aboutTransfer, (*Console).transfer),
		line(Close, house|directory.Officer, (*Console).aboutClose, (*Console).close),
		line(Merge, directory.Officer, (*Console).aboutMerge, (*Console).merge),
		line(MergeDecide, directory.Officer, (*Console).aboutMergeDecide, (*Console).mergeDecide),
		line(Review, house|directory.Officer, (*Console).aboutReview, (*Console).answerReview),
		line(RenamePasskey, anybody, (*Console).aboutRename, (*Console).rename),
		line(RemovePasskey, anybody, (*Console).aboutRemove, (*Console).remove),
		line(EndSession, anybody, (*Console).aboutEnd, (*Console).end),
		line(Witness, witnesses, (*Console).aboutWitness, (*Console).witness),
		line(Hold, directory.Officer|directory.DPO, (*Console).aboutHold, (*Console).hold),
		line(Lift, directory.Officer|directory.DPO, (*Console).aboutLift, (*Console).lift),
		line(Resend, directory.Officer, (*Console).aboutResend, (*Console).resend),
		line(Prove, network, (*Console).aboutProve, (*Console).proof),
		line(Trace, network, (*Console).aboutTrace, (*Console).trace),
		line(signin.Export, directory.Officer|directory.DPO, (*Console).aboutExport, (*Console).export),
	}, deskActs()...)
}

// act is one line of the table.
type act struct {
	verb signin.Verb
	who  directory.Role // any of them
	read func(json.RawMessage) (any, error)
	// about says whether the viewer may do it to that subject now, and what the sentence act.VERB says of it. It
	// changes nothing.
	about func(*Console, context.Context, viewer, any) (i18n.Params, error)
	do    func(*Console, context.Context, viewer, any) (outcome, error)
}

// outcome is what an act has done: its JSON, and the sentence done.VERB of its page.
type outcome struct {
	result any
	say    i18n.Params
	code   cloison.Secret // shown once
	codes  []handout      // shown once
	next   string         // the path to go on to
	file   *file          // instead of a page
	page   *shown         // instead of the page that says done
}

// shown is a page of its own that an act ends on.
type shown struct {
	template string
	view     titled
}

// line makes a line whose subject is an S: read strictly, encoded canonically by signin, and read again before it is
// done.
func line[S any](verb signin.Verb, who directory.Role, about func(*Console, context.Context, viewer, S) (i18n.Params, error),
	do func(*Console, context.Context, viewer, S) (outcome, error),
) act {
	return act{
		verb: verb, who: who,
		read: func(b json.RawMessage) (any, error) {
			var s S
			return s, readStrict(b, &s)
		},
		about: func(c *Console, ctx context.Context, v viewer, s any) (i18n.Params, error) {
			return about(c, ctx, v, s.(S))
		},
		do: func(c *Console, ctx context.Context, v viewer, s any) (outcome, error) { return do(c, ctx, v, s.(S)) },
	}
}

// readStrict reads one JSON value: an unknown or repeated key, a key in other letters, or anything after the value is
// refused.
func readStrict(b []byte, into any) error {
	if err := jsonv2.Unmarshal(b, into, jsonv2.RejectUnknownMembers(true)); err != nil {
		return unreadable(err)
	}
	return nil
}

// unreadable leaves out why: the decoder quotes what was typed, and a name in the wrong field would stay in the log.
func unreadable(error) error { return refuse(cloison.Invalid, "subject") }

const maxBody = 64 << 10

// mayAct says whether the viewer may do the act at all, before its subject is looked at.
func (a act) mayAct(v viewer) error {
	switch {
	case !v.proved():
		return refuse(cloison.Denied, string(signin.PasskeyNeeded))
	case !v.has(a.who):
		return refuse(cloison.Denied, "no_role")
	}
	return nil
}

// begin fixes an act's subject, says it, and asks for the passkey: POST /actes, and the path of every page with a form,
// which comes back when a field of it is wrong.
func (c *Console) begin(w http.ResponseWriter, r *http.Request, p page) {
	v, err := c.viewer(r)
	var g *gesture
	if err == nil {
		g, err = c.beginAct(w, r, v)
	}
	switch {
	case err != nil && p.view != nil && c.again(w, r, p, v, err):
	case err != nil:
		c.fail(w, r, err)
	case wantsJSON(r):
		c.writeJSON(w, r, http.StatusOK, g)
	default:
		c.show(w, r, http.StatusOK, "gesture", v, g)
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

func (g *gesture) title(s say) string { return s("gesture.title") }

func (c *Console) beginAct(w http.ResponseWriter, r *http.Request, v viewer) (*gesture, error) {
	if !v.proved() { // before anything of the request is looked at
		return nil, refuse(cloison.Denied, string(signin.PasskeyNeeded))
	}
	verb, body, err := c.asked(w, r)
	if err != nil {
		return nil, err
	}
	a, ok := c.acts[verb]
	if !ok {
		return nil, refuse(cloison.Invalid, "unknown_verb")
	}
	if err := a.mayAct(v); err != nil {
		return nil, err
	}
	if f, ok := formNamed(r.PostForm.Get("form")); ok {
		if wrong := f.check(r.PostForm, v, c.Gauge.Zone); len(wrong) > 0 {
			return nil, badFields(wrong)
		}
	}
	if isForm(r) {
		if body, err = c.formSubject(r.PostForm); err != nil {
			return nil, err
		}
	}
	subject, err := a.read(body)
	if err != nil {
		return nil, err
	}
	params, err := a.about(c, r.Context(), v, subject)
	if err != nil {
		return nil, err
	}
	id, options, err := c.Signin.BeginAct(r.Context(), v.session, verb, subject)
	if err != nil {
		return nil, err
	}
	return &gesture{Act: id, Says: c.speak(languageOf(r), i18n.Key("act."+sentenceOf(verb, params)), params), Options: options, Verb: verb, Back: back(r)}, nil
}

// sentenceOf is the key of a verb's sentence; one that has variants names them in the parameter "variant".
func sentenceOf(verb signin.Verb, p i18n.Params) string {
	if variant, ok := p["variant"].(string); ok {
		return string(verb) + "_" + variant
	}
	return string(verb)
}

// finish does the act that the passkey approves: POST /actes/{id}. What is done is what was fixed when the act began.
func (c *Console) finish(w http.ResponseWriter, r *http.Request) {
	v, err := c.viewer(r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	verb, done, err := c.finishAct(w, r, v)
	switch {
	case err != nil:
		c.fail(w, r, err)
	case done.file != nil:
		c.writeFile(w, r, done.file)
	case wantsJSON(r):
		c.writeJSON(w, r, http.StatusOK, done.result)
	case done.page != nil:
		c.show(w, r, http.StatusOK, done.page.template, v, done.page.view)
	default:
		c.show(w, r, http.StatusOK, "done", v, &doneView{Verb: verb, Params: done.say, Code: done.code.Reveal(), Codes: done.codes, Next: done.next})
	}
}

func (c *Console) finishAct(w http.ResponseWriter, r *http.Request, v viewer) (signin.Verb, outcome, error) {
	id, err := cloison.ParseActID(r.PathValue("id"))
	if err != nil || id == 0 {
		return "", outcome{}, notFound()
	}
	assertion, err := c.assertion(w, r)
	if err != nil {
		return "", outcome{}, err
	}
	approved, err := c.Signin.FinishAct(r.Context(), v.session, id, assertion)
	if err != nil {
		return "", outcome{}, err
	}
	v.session.PasskeyAt = approved.Made // it was shown since then
	a, ok := c.acts[approved.Verb]
	if !ok {
		return "", outcome{}, refuse(cloison.Invalid, "unknown_verb")
	}
	if err := a.mayAct(v); err != nil {
		return a.verb, outcome{}, err
	}
	subject, err := a.read(approved.Subject)
	if err != nil {
		return a.verb, outcome{}, err
	}
	// Asked again: two minutes may have passed.
	if _, err := a.about(c, r.Context(), v, subject); err != nil {
		return a.verb, outcome{}, err
	}
	done, err := a.do(c, r.Context(), v, subject)
	return a.verb, done, err
}

// doneView is the page after an act.
type doneView struct {
	Verb   signin.Verb
	Params i18n.Params
	Code   string
	Codes  []handout
	Next   string
}

func (d *doneView) title(s say) string {
	var pairs []any
	for name, value := range d.Params {
		pairs = append(pairs, name, value)
	}
	return s(i18n.Key("done."+sentenceOf(d.Verb, d.Params)), pairs...)
}

// asked reads what is to be done: {"verb", "subject"} as JSON, or a form, whose subject is read once it was checked.
func (c *Console) asked(w http.ResponseWriter, r *http.Request) (signin.Verb, json.RawMessage, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if isForm(r) {
		if err := r.ParseForm(); err != nil {
			return "", nil, unreadable(err)
		}
		return signin.Verb(r.PostForm.Get("verb")), nil, nil
	}
	var in struct {
		Verb    signin.Verb    `json:"verb"`
		Subject jsontext.Value `json:"subject"`
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return "", nil, unreadable(err)
	}
	err = readStrict(b, &in)
	return in.Verb, json.RawMessage(in.Subject), err
}

// assertion reads the passkey's answer: the body itself, or a form's field.
func (c *Console) assertion(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if isForm(r) {
		if err := r.ParseForm(); err != nil {
			return nil, unreadable(err)
		}
		return []byte(r.PostForm.Get("assertion")), nil
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, unreadable(err)
	}
	return b, nil
}

func isForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// formSubject turns a form's fields into the JSON of a subject. Empty fields are left out.
func (c *Console) formSubject(form url.Values) (json.RawMessage, error) {
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
			t, err := parseMoment(joined, c.Gauge.Zone)
			if err != nil {
				return nil, badField(name)
			}
			subject[name] = t
		default:
			subject[name] = joined
		}
	}
	b, err := json.Marshal(subject)
	if err != nil {
		return nil, unreadable(err)
	}
	return b, nil
}

// parseMoment reads a moment as a form or an address has it: RFC 3339, or a day and time, or a day, in the zone.
func parseMoment(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, refuse(cloison.Invalid, "moment")
}
