package console

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// Close, Transfer and Duty are the verbs of those who answer for a structure's people.
const (
	Close    signin.Verb = "close"    // somebody has left
	Transfer signin.Verb = "transfer" // somebody else takes a caseload over
	Duty     signin.Verb = "duty"     // somebody holds the duty desk
)

// closeSubject ends an account for good.
type closeSubject struct {
	Account cloison.AccountID `json:"account"`
}

func (c *Console) aboutClose(ctx context.Context, v viewer, s closeSubject) (i18n.Params, error) {
	a, err := c.seen(ctx, v, s.Account)
	if err != nil {
		return nil, err
	}
	if err := directory.Allow(directory.ToClose, v.account, a); err != nil {
		return nil, err
	}
	if a.State == directory.Closed {
		return nil, refuse(cloison.Conflict, "conflict")
	}
	return i18n.Params{"name": a.Name.Reveal(), "structure": string(a.Structure)}, nil
}

func (c *Console) close(ctx context.Context, v viewer, s closeSubject) (outcome, error) {
	if err := c.Directory.Close(ctx, v.caller(), s.Account, directory.Left); err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Account cloison.AccountID `json:"account"`
		State   string            `json:"state"`
	}{s.Account, directory.Closed.String()}, next: "/habilitations/" + s.Account.String()}, nil
}

// transferSubject gives a caseload to a colleague.
type transferSubject struct {
	From  cloison.AccountID `json:"from"`
	To    cloison.AccountID `json:"to"`
	Since time.Time         `json:"since,omitzero"`
}

func (c *Console) aboutTransfer(ctx context.Context, v viewer, s transferSubject) (i18n.Params, error) {
	from, err := c.seen(ctx, v, s.From)
	if err != nil {
		return nil, err
	}
	to, err := c.seen(ctx, v, s.To)
	switch {
	case err != nil:
		return nil, err
	case from.ID == to.ID:
		return nil, badField("to")
	}
	return i18n.Params{"from": from.Name.Reveal(), "to": to.Name.Reveal(), "since": later(c.Now(), s.Since).In(c.Gauge.Zone)},
		directory.MayTransfer(v.account, from, to, c.Now())
}

func (c *Console) transfer(ctx context.Context, v viewer, s transferSubject) (outcome, error) {
	t, n, err := c.Directory.Transfer(ctx, v.caller(), directory.TransferAsk{From: s.From, To: s.To, Since: s.Since})
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Transfer cloison.ActID `json:"transfer"`
		Persons  int           `json:"persons"`
		Since    time.Time     `json:"since"`
	}{t.ID, n, t.Since}, say: i18n.Params{"n": n, "since": t.Since.In(c.Gauge.Zone)}, next: "/remplacements"}, nil
}

// dutySubject puts a colleague at the duty desk.
type dutySubject struct {
	For   cloison.AccountID `json:"for"`
	Since time.Time         `json:"since,omitzero"`
	Until time.Time         `json:"until"`
}

func (c *Console) aboutDuty(ctx context.Context, v viewer, s dutySubject) (i18n.Params, error) {
	holder, err := c.seenBy(ctx, s.For, v.colleague)
	switch {
	case err != nil:
		return nil, err
	case !c.lasts(s.Since, s.Until, c.Directory.Settings().LongestDuty):
		return nil, badField("until")
	}
	return i18n.Params{"for": holder.Name.Reveal(), "since": later(c.Now(), s.Since).In(c.Gauge.Zone), "until": s.Until.In(c.Gauge.Zone)},
		directory.MayRoster(v.account, holder, c.Now())
}

func (c *Console) duty(ctx context.Context, v viewer, s dutySubject) (outcome, error) {
	d, err := c.Directory.DeclareDuty(ctx, v.caller(), directory.DutyAsk{For: s.For, Since: s.Since, Until: s.Until})
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Duty  cloison.ActID `json:"duty"`
		Since time.Time     `json:"since"`
		Until time.Time     `json:"until"`
	}{d.ID, d.Since, d.Until}, say: i18n.Params{"until": d.Until.In(c.Gauge.Zone)}, next: "/remplacements"}, nil
}
