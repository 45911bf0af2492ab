package incident

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/console/web"
	"cloison/incident/exposure"
	"cloison/internal/i18n"
)

// exportSubject asks for the roll of a cut's accounts, or of accounts by name, in a time.
type exportSubject struct {
	Cut      cloison.ActID       `json:"cut,omitzero"`
	Accounts []cloison.AccountID `json:"accounts,omitempty"`
	Since    time.Time           `json:"since,omitzero"`
	Until    time.Time           `json:"until,omitzero"`
	Format   string              `json:"format,omitempty"` // csv for a file; else JSON
}

// query is what the roll is about, of accounts that the viewer may ask about. Without a since a cut's roll begins at
// its presumed compromise.
func (h *rolls) query(ctx context.Context, v web.Viewer, s exportSubject) (exposure.Query, error) {
	q := exposure.Query{Since: s.Since, Until: s.Until}
	switch {
	case (s.Cut == 0) == (len(s.Accounts) == 0):
		return q, web.BadField("accounts")
	case s.Format != "" && s.Format != "csv":
		return q, web.BadField("format")
	case !s.Since.IsZero() && !s.Until.IsZero() && !s.Since.Before(s.Until):
		return q, web.BadField("until")
	}
	accounts := s.Accounts
	if s.Cut != 0 {
		cut, err := h.seenCut(ctx, v, s.Cut)
		if err != nil {
			return q, err
		}
		accounts = cut.Accounts
		if q.Since.IsZero() {
			q.Since = cut.Since
		}
	}
	for _, id := range accounts {
		if _, err := h.Seen(ctx, v, id); cloison.KindOf(err) == cloison.NotFound {
			return q, web.Unknown("accounts")
		} else if err != nil {
			return q, err
		}
		q.Accounts = append(q.Accounts, id.String())
	}
	return q, h.exposures.MayDraw(ctx, v.Caller(), q)
}

func (h *rolls) describeExport(ctx context.Context, v web.Viewer, s exportSubject) (i18n.Params, error) {
	q, err := h.query(ctx, v, s)
	p := i18n.Params{"n": len(q.Accounts), "variant": "always"}
	if !q.Since.IsZero() {
		p["variant"], p["since"] = "since", q.Since.In(h.Zone)
	}
	return p, err
}

// export hands out the roll.
func (h *rolls) export(ctx context.Context, v web.Viewer, s exportSubject) (web.Outcome, error) {
	q, err := h.query(ctx, v, s)
	if err != nil {
		return web.Outcome{}, err
	}
	roll, err := h.exposures.Export(ctx, v.Caller(), q, s.Cut)
	if err != nil {
		return web.Outcome{}, err
	}
	if s.Format == "csv" {
		return web.Outcome{File: &web.File{Name: "releve-exposition.csv", Kind: "text/csv; charset=utf-8",
			Body: func(w http.ResponseWriter) error { return roll.WriteCSV(w) }}}, nil
	}
	return web.Outcome{File: &web.File{Name: "releve-exposition.json", Kind: "application/json",
		Body: func(w http.ResponseWriter) error { return writeRoll(w, roll) }}}, nil
}

// rollEntry is one person and one account of an exported roll.
type rollEntry struct {
	Person  string         `json:"person"`
	Account string         `json:"account"`
	Fields  []string       `json:"fields"`
	First   time.Time      `json:"first,omitzero"`
	Last    time.Time      `json:"last,omitzero"`
	Times   int64          `json:"times"`
	Class   exposure.Class `json:"class"`
	How     []string       `json:"how"`
}

// writeRoll writes the roll's counts and then its entries one by one: a million of them are never in memory twice.
func writeRoll(w http.ResponseWriter, roll *exposure.Roll) error {
	counts, err := json.Marshal(roll)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	b.Write(counts[:len(counts)-1])
	b.WriteString(`,"entries":[`)
	first := true
	for e := range roll.Entries() {
		if !first {
			b.WriteByte(',')
		}
		first = false
		entry, err := json.Marshal(rollEntry{string(e.Person), e.Account, e.Fields, e.First, e.Last, e.Times, e.Class, e.How})
		if err != nil {
			return err
		}
		b.Write(entry)
	}
	b.WriteString("]}\n")
	return b.Flush()
}

// rollView is GET /releve?cut=&accounts=&since=&until=: how many persons a roll would name, and none of them.
type rollView struct {
	Cut      cloison.ActID `json:"cut,omitzero"`
	Accounts []web.Party   `json:"accounts"`
	Since    time.Time     `json:"since,omitzero"`
	Until    time.Time     `json:"until,omitzero"`
	*counted `json:",omitempty"`
	Asked    string    `json:"-"` // the accounts as typed
	Cuts     []cutView `json:"-"` // to choose from
}

// counted is a roll's counts.
type counted struct {
	Persons    int64            `json:"persons"`
	Rows       int64            `json:"rows"`
	PerField   map[string]int64 `json:"per_field"`
	PerAccount map[string]int64 `json:"per_account"`
	First      time.Time        `json:"first,omitzero"`
	Last       time.Time        `json:"last,omitzero"`
	Gaps       []exposure.Gap   `json:"gaps"`
	Fields     []string         `json:"-"` // the keys of PerField, the most frequent first
}

// Counted reports whether anything was asked for.
func (v *rollView) Counted() bool { return v.counted != nil }

func (v *rollView) Title(s web.Say) string {
	if v.counted == nil {
		return s("roll.title_none")
	}
	if v.Persons == 0 {
		return s("roll.title_nobody")
	}
	return s("roll.title", "n", v.Persons)
}

func (h *rolls) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, q := r.Context(), r.URL.Query()
	view := &rollView{Accounts: []web.Party{}, Asked: q.Get("accounts")}
	raw, err := h.FormSubject(map[string][]string{"cut": q["cut"], "accounts": q["accounts"], "since": q["since"], "until": q["until"]})
	if err != nil {
		return nil, err
	}
	var s exportSubject
	if err := web.ReadStrict(raw, &s); err != nil {
		return nil, err
	}
	view.Cut, view.Since, view.Until = s.Cut, s.Since, s.Until
	if s.Cut == 0 && len(s.Accounts) == 0 {
		cuts, err := h.container.Cuts(ctx)
		if err != nil {
			return nil, err
		}
		for _, cut := range cuts[:min(len(cuts), 20)] {
			view.Cuts = append(view.Cuts, h.cutView(ctx, v, cut))
		}
		return view, nil
	}
	query, err := h.query(ctx, v, s)
	if err != nil {
		return nil, err
	}
	view.Since = query.Since
	roll, err := h.exposures.Draw(ctx, v.Caller(), query)
	if err != nil {
		return nil, err
	}
	for _, text := range query.Accounts {
		id, err := cloison.ParseAccountID(text)
		if err != nil {
			return nil, err
		}
		view.Accounts = append(view.Accounts, h.Party(ctx, v, id))
	}
	fields := slices.SortedFunc(maps.Keys(roll.PerField), func(a, b string) int { return int(roll.PerField[b] - roll.PerField[a]) })
	view.counted = &counted{roll.Persons, roll.Rows, roll.PerField, roll.PerAccount, roll.First, roll.Last, roll.Gaps, fields}
	return view, nil
}
