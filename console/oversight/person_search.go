package oversight

import (
	"context"
	"time"

	"cloison"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
	"cloison/ledger/register"
)

// Trace is the verb of asking who was shown one person. The person's number is in the form alone: no address, and so no
// log of a proxy or browser, ever has it.
const Trace signin.Verb = "trace"

// traceSubject is a person as the tool numbers them, and a time.
type traceSubject struct {
	Person cloison.PersonRef `json:"person"`
	Since  time.Time         `json:"since,omitzero"`
	Until  time.Time         `json:"until,omitzero"`
}

func (s traceSubject) question() register.Question {
	return register.Question{Person: s.Person, Since: s.Since, Until: s.Until}
}

func (h *rows) describeTrace(ctx context.Context, v web.Viewer, s traceSubject) (i18n.Params, error) {
	q, err := h.rows.MayTrace(ctx, v.Caller(), s.question())
	return i18n.Params{"person": string(s.Person), "since": q.Since.In(h.Zone)}, err
}

// traceView is who was shown one person, the newest first.
type traceView struct {
	Person   string        `json:"person"`
	Rows     []registerRow `json:"rows"`
	Accounts int           `json:"accounts"`
	More     bool          `json:"more"` // there are more rows than these
	Since    time.Time     `json:"since"`
	Until    time.Time     `json:"until"`
}

func (v *traceView) Title(s web.Say) string { return web.Numbered(s, "trace.title", v.Accounts) }

// trace shows what the register found, and has written into the journal.
func (h *rows) trace(ctx context.Context, v web.Viewer, s traceSubject) (web.Outcome, error) {
	found, err := h.rows.Trace(ctx, v.Caller(), s.question())
	if err != nil {
		return web.Outcome{}, err
	}
	view := &traceView{Person: string(s.Person), Rows: []registerRow{}, More: found.More, Since: found.Since, Until: found.Until}
	accounts := map[cloison.AccountID]web.Party{}
	for _, row := range found.Rows {
		who, known := accounts[row.Account]
		if !known {
			who = h.Party(ctx, v, row.Account)
			accounts[row.Account] = who
		}
		view.Rows = append(view.Rows, rowView(row, who))
	}
	view.Accounts = len(accounts)
	return web.Outcome{Result: view, Page: &web.Shown{Template: "trace", View: view}}, nil
}
