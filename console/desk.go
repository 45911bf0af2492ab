package console

import (
	"context"
	"time"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// The verbs of the desk, beside signin.BreakGlass.
const (
	Visit    signin.Verb = "visit"     // the reception: a person is here to see a colleague
	Code     signin.Verb = "code"      // a person is here and has read out their code
	AskCover signin.Verb = "ask_cover" // a colleague is to confirm that I cover another
	Confirm  signin.Verb = "confirm"   // what a colleague asks of me
	Decline  signin.Verb = "decline"   // likewise; or take back what I asked
)

// readers are those whom a file can be opened to; confirmers those who may be asked for their word.
const (
	readers    = directory.Adviser | directory.Reception
	confirmers = readers | house
)

func deskActs() []act {
	return []act{
		line(Visit, directory.Reception, (*Console).aboutVisit, (*Console).visit),
		line(Code, readers, (*Console).aboutCode, (*Console).presentCode),
		line(AskCover, readers, (*Console).aboutAskCover, (*Console).askCover),
		line(signin.BreakGlass, readers, (*Console).aboutBreakGlass, (*Console).askBreakGlass),
		line(Confirm, confirmers, (*Console).aboutConfirm, (*Console).confirm),
		line(Decline, confirmers, (*Console).aboutDecline, (*Console).decline),
	}
}

// visitSubject says who is here, and for whom.
type visitSubject struct {
	Adviser cloison.AccountID `json:"adviser"`
	Person  cloison.PersonRef `json:"person"`
}

func (c *Console) aboutVisit(ctx context.Context, v viewer, s visitSubject) (i18n.Params, error) {
	adviser, err := c.seenBy(ctx, s.Adviser, v.colleague)
	switch {
	case err != nil:
		return nil, err
	case s.Person.Check() != nil:
		return nil, badField("person")
	}
	_, err = c.Desk.MayRegister(ctx, v.caller(), explanation.Visit{Adviser: s.Adviser, Person: s.Person})
	return i18n.Params{"person": string(s.Person), "name": adviser.Name.Reveal()}, err
}

func (c *Console) visit(ctx context.Context, v viewer, s visitSubject) (outcome, error) {
	g, err := c.Desk.Register(ctx, v.caller(), explanation.Visit{Adviser: s.Adviser, Person: s.Person})
	if err != nil {
		return outcome{}, err
	}
	return c.granted(g, "/accueil-public"), nil
}

// grantView is what an act at the desk has opened.
type grantView struct {
	Grant cloison.ActID `json:"grant"`
	Until time.Time     `json:"until"`
}

func (c *Console) granted(g directory.Grant, next string) outcome {
	return outcome{result: grantView{g.ID, g.Until}, say: i18n.Params{"until": c.lastMinute(g.Until)}, next: next}
}

// lastMinute is a time until which something goes on, as people read it: the end of a day is its last minute, and not
// the next day's first.
func (c *Console) lastMinute(t time.Time) time.Time {
	t = t.In(c.Gauge.Zone)
	if t.Hour() == 0 && t.Minute() == 0 {
		return t.Add(-time.Minute)
	}
	return t
}

// codeSubject is what a person who is here has read out.
type codeSubject struct {
	Person cloison.PersonRef `json:"person"`
	Code   string            `json:"code"`
}

// aboutCode looks at the form of the code alone: whether it is right is said once it has been counted.
func (c *Console) aboutCode(ctx context.Context, v viewer, s codeSubject) (i18n.Params, error) {
	switch {
	case s.Person.Check() != nil:
		return nil, badField("person")
	case s.Code == "" || len(s.Code) > 32:
		return nil, badField("code")
	case !c.Desk.TakesCodes():
		return nil, refuse(cloison.Conflict, "no_codes")
	}
	_, err := c.Desk.MayPresent(ctx, v.caller(), s.Person)
	return i18n.Params{"person": string(s.Person)}, err
}

func (c *Console) presentCode(ctx context.Context, v viewer, s codeSubject) (outcome, error) {
	g, err := c.Desk.Present(ctx, v.caller(), s.Person, cloison.Secret(s.Code))
	if err != nil {
		return outcome{}, err
	}
	return c.granted(g, openingPath), nil
}

// askCoverSubject asks a colleague to confirm that the viewer covers another.
type askCoverSubject struct {
	Asked cloison.AccountID `json:"asked"`
	Of    cloison.AccountID `json:"of"`
	Since time.Time         `json:"since,omitzero"`
	Until time.Time         `json:"until"`
}

func (s askCoverSubject) ask() explanation.Ask {
	return explanation.Ask{Kind: explanation.Cover, Asked: s.Asked, Of: s.Of, Since: s.Since, Until: s.Until}
}

func (c *Console) aboutAskCover(ctx context.Context, v viewer, s askCoverSubject) (i18n.Params, error) {
	asked, err := c.seenBy(ctx, s.Asked, v.colleague)
	if err != nil {
		return nil, err
	}
	absent, err := c.seenBy(ctx, s.Of, v.colleague)
	switch {
	case err != nil:
		return nil, err
	case absent.ID == v.account.ID:
		return nil, badField("of")
	case !c.lasts(s.Since, s.Until, c.Directory.Settings().LongestCover):
		return nil, badField("until")
	}
	_, err = c.Desk.MayAsk(ctx, v.caller(), s.ask())
	return i18n.Params{"asked": asked.Name.Reveal(), "of": absent.Name.Reveal(), "since": later(c.Now(), s.Since).In(c.Gauge.Zone),
		"until": s.Until.In(c.Gauge.Zone)}, err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (c *Console) askCover(ctx context.Context, v viewer, s askCoverSubject) (outcome, error) {
	return c.ask(ctx, v, s.ask())
}

// breakGlassSubject asks a colleague to confirm that a file is opened for a typed reason.
type breakGlassSubject struct {
	Asked  cloison.AccountID `json:"asked"`
	Person cloison.PersonRef `json:"person"`
	Reason string            `json:"reason"`
}

func (s breakGlassSubject) ask() explanation.Ask {
	return explanation.Ask{Kind: explanation.BreakGlass, Asked: s.Asked, Person: s.Person, Reason: cloison.Personal(s.Reason)}
}

func (c *Console) aboutBreakGlass(ctx context.Context, v viewer, s breakGlassSubject) (i18n.Params, error) {
	asked, err := c.seenBy(ctx, s.Asked, v.colleague)
	switch {
	case err != nil:
		return nil, err
	case s.Person.Check() != nil:
		return nil, badField("person")
	case !utf8.ValidString(s.Reason) || explanation.CheckReason(cloison.Personal(s.Reason)) != nil:
		return nil, badField("reason")
	}
	_, err = c.Desk.MayAsk(ctx, v.caller(), s.ask())
	return i18n.Params{"asked": asked.Name.Reveal(), "person": string(s.Person), "reason": s.Reason}, err
}

func (c *Console) askBreakGlass(ctx context.Context, v viewer, s breakGlassSubject) (outcome, error) {
	return c.ask(ctx, v, s.ask())
}

func (c *Console) ask(ctx context.Context, v viewer, ask explanation.Ask) (outcome, error) {
	r, err := c.Desk.Ask(ctx, v.caller(), ask)
	if err != nil {
		return outcome{}, err
	}
	asked, err := c.Store.Account(ctx, r.Asked)
	return outcome{result: requestDone{r.ID, r.State, r.Version}, say: i18n.Params{"asked": asked.Name.Reveal()}, next: openingPath}, err
}

// requestSubject names a request at the version that the viewer was shown.
type requestSubject struct {
	Request cloison.ActID `json:"request"`
	Version int64         `json:"version"`
}

// requestDone is where a request stands after an act.
type requestDone struct {
	Request cloison.ActID     `json:"request"`
	State   explanation.State `json:"state"`
	Version int64             `json:"version"`
}

func (c *Console) aboutConfirm(ctx context.Context, v viewer, s requestSubject) (i18n.Params, error) {
	r, asker, err := c.Desk.MayConfirm(ctx, v.caller(), s.Request, s.Version)
	if err != nil {
		return nil, err
	}
	p := i18n.Params{"variant": string(r.Kind), "name": asker.Name.Reveal()}
	if r.Kind == explanation.BreakGlass {
		p["person"], p["reason"] = string(r.Person), r.Reason.Reveal()
		return p, nil
	}
	absent, err := c.Store.Account(ctx, r.Of)
	p["of"], p["since"], p["until"] = absent.Name.Reveal(), later(c.Now(), r.Since).In(c.Gauge.Zone), r.Until.In(c.Gauge.Zone)
	return p, err
}

func (c *Console) confirm(ctx context.Context, v viewer, s requestSubject) (outcome, error) {
	r, err := c.Desk.Confirm(ctx, v.caller(), s.Request, s.Version)
	if err != nil {
		return outcome{}, err
	}
	asker, err := c.Store.Account(ctx, r.By)
	return outcome{result: requestDone{r.ID, r.State, r.Version}, next: "/confirmations",
		say: i18n.Params{"variant": string(r.Kind), "name": asker.Name.Reveal(), "until": c.lastMinute(r.Until)}}, err
}

func (c *Console) aboutDecline(ctx context.Context, v viewer, s requestSubject) (i18n.Params, error) {
	r, asker, err := c.Desk.MayDecline(ctx, v.caller(), s.Request, s.Version)
	variant := "other"
	if r.By == v.account.ID {
		variant = "own"
	}
	return i18n.Params{"variant": variant, "name": asker.Name.Reveal()}, err
}

func (c *Console) decline(ctx context.Context, v viewer, s requestSubject) (outcome, error) {
	r, err := c.Desk.Decline(ctx, v.caller(), s.Request, s.Version)
	next := "/confirmations"
	if r.State == explanation.Withdrawn {
		next = openingPath
	}
	return outcome{result: requestDone{r.ID, r.State, r.Version + 1}, say: i18n.Params{"variant": string(r.State)}, next: next}, err
}
