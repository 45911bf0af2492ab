package oversight

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
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

// traceFor is how far back one look goes, at most and unless another time is asked for: no index is kept by person,
// since every commit would pay for it.
const traceFor = 92 * 24 * time.Hour

// traceRows bounds what one look shows.
const traceRows = 500

// window is the time that is looked through.
func (s traceSubject) window(now time.Time) (since, until time.Time, err error) {
	since, until = s.Since, s.Until
	if until.IsZero() {
		until = now.Add(time.Minute)
	}
	if since.IsZero() {
		since = until.Add(-traceFor)
	}
	switch {
	case s.Person == "" || len(s.Person) > 200:
		return since, until, web.BadField("person")
	case !since.Before(until), until.Sub(since) > traceFor+time.Hour:
		return since, until, web.BadField("until")
	}
	return since, until, nil
}

func (h *personSearch) describeTrace(ctx context.Context, v web.Viewer, s traceSubject) (i18n.Params, error) {
	since, _, err := s.window(h.Now())
	if err == nil {
		err = h.directory.May(ctx, v.Caller(), directory.ToTrace)
	}
	return i18n.Params{"person": string(s.Person), "since": since.In(h.Zone)}, err
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

// trace looks. The journal has the look, with the numbers of the rows that it showed, before the first of them is
// shown: reading the register about somebody is itself recorded, and the person's number is not copied into the
// journal.
func (h *personSearch) trace(ctx context.Context, v web.Viewer, s traceSubject) (web.Outcome, error) {
	since, until, err := s.window(h.Now())
	if err == nil {
		err = h.directory.May(ctx, v.Caller(), directory.ToTrace)
	}
	if err != nil {
		return web.Outcome{}, err
	}
	rows, err := h.store.RowsAbout(ctx, s.Person, since, until, traceRows+1)
	if err != nil {
		return web.Outcome{}, err
	}
	view := &traceView{Person: string(s.Person), Rows: []registerRow{}, Since: since, Until: until}
	if len(rows) > traceRows {
		view.More, rows = true, rows[:traceRows]
	}
	detail := map[string]string{"rows": strconv.Itoa(len(rows)), "since": web.Stamp(since), "until": web.Stamp(until)}
	accounts := map[cloison.AccountID]web.Party{}
	for _, row := range rows {
		who, known := accounts[row.Account]
		if !known {
			who = h.Party(ctx, v, row.Account)
			accounts[row.Account] = who
		}
		view.Rows = append(view.Rows, rowView(row, who))
	}
	view.Accounts = len(accounts)
	if n := len(rows); n > 0 {
		detail["newest"], detail["oldest"] = strconv.FormatInt(rows[0].Seq, 10), strconv.FormatInt(rows[n-1].Seq, 10)
	}
	err = h.store.AddEvent(ctx, directory.Event{At: h.Now().UTC().Truncate(time.Millisecond), Code: "person.traced", Actor: v.Account.ID,
		Session: v.Session.ID, Detail: detail})
	return web.Outcome{Result: view, Page: &web.Shown{Template: "trace", View: view}}, err
}
