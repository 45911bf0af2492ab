package oversight

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/console/web"
	"cloison/ledger/journal"
)

// journalView is GET /journal?account=&code=&since=&until=&before=: account events, the newest first.
type journalView struct {
	Events  []eventView       `json:"events"`
	Older   int64             `json:"older,omitempty"` // ?before=
	Account cloison.AccountID `json:"account,omitzero"`
	Code    string            `json:"code,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
	Until   time.Time         `json:"until,omitzero"`
	Codes   []string          `json:"-"` // that there are words for
	query   url.Values
}

type eventView struct {
	Seq     int64             `json:"seq"`
	At      time.Time         `json:"at"`
	Code    string            `json:"code"`
	Actor   web.Party         `json:"actor,omitzero"` // zero: the operator or the system
	Account web.Party         `json:"account,omitzero"`
	Session cloison.SessionID `json:"session,omitzero"`
	Act     cloison.ActID     `json:"act,omitzero"`
	Detail  map[string]string `json:"detail,omitempty"`
	Note    string            `json:"note,omitempty"` // of a refusal: it stays with the proposal
}

func (v *journalView) Title(s web.Say) string {
	if len(v.query) > 0 && len(v.Events) == 0 {
		return s("journal.title_none")
	}
	return s("journal.title", "n", len(v.Events))
}

// Next is the address of the page after this one.
func (v *journalView) Next() string {
	q := maps.Clone(v.query)
	q.Set("before", strconv.FormatInt(v.Older, 10))
	return "?" + q.Encode()
}

func (h *events) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, q := r.Context(), h.Query(r)
	view := &journalView{Events: []eventView{}, Code: q.Get("code"), query: url.Values{}}
	var err error
	view.Account, view.Since, view.Until = q.Account("account"), q.Time("since"), q.Time("until")
	if q.Err != nil {
		return nil, q.Err
	}
	for _, name := range []string{"account", "code", "since", "until"} {
		if s := q.Get(name); s != "" {
			view.query.Set(name, s)
		}
	}
	for _, key := range h.Words().Keys() {
		if code, ok := strings.CutPrefix(string(key), "event."); ok {
			view.Codes = append(view.Codes, code)
		}
	}
	slices.Sort(view.Codes)
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64)
	events, err := h.directory.Events(ctx, journal.Search{Account: view.Account, Code: view.Code, Since: view.Since, Until: view.Until,
		Before: before, Limit: web.PageLength + 1})
	if err != nil {
		return nil, err
	}
	if len(events) > web.PageLength {
		events = events[:web.PageLength]
		view.Older = events[web.PageLength-1].Seq
	}
	var named []cloison.AccountID
	for _, e := range events {
		named = append(named, e.Actor, e.Account)
	}
	if err := h.Know(ctx, v, named); err != nil {
		return nil, err
	}
	name := func(id cloison.AccountID) web.Party { return h.Party(ctx, v, id) }
	for _, e := range events {
		maps.DeleteFunc(e.Detail, func(_, v string) bool { return v == "" || v == nobody || v == "false" })
		one := eventView{Seq: e.Seq, At: e.At, Code: e.Code, Actor: name(e.Actor), Account: name(e.Account), Session: e.Session, Act: e.Act, Detail: e.Detail}
		if e.Code == "account.refused" {
			p, err := h.approvals.Proposal(ctx, e.Act)
			if err != nil && cloison.KindOf(err) != cloison.NotFound {
				return nil, err
			}
			one.Note = p.Note.Reveal()
		}
		view.Events = append(view.Events, one)
	}
	return view, nil
}

// nobody is how the journal's details write an account that is none.
const nobody = "a-"
