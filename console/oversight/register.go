package oversight

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/console/web"
	"cloison/ledger"
)

// registerRow is one row of the ledger without the person: who was shown somebody, when and why.
type registerRow struct {
	Seq         int64               `json:"seq"`
	At          time.Time           `json:"at"`
	Account     web.Party           `json:"account"`
	Structure   cloison.StructureID `json:"structure"`
	Tool        string              `json:"tool"`
	Operation   string              `json:"operation"`
	Fields      []string            `json:"fields"`
	Explanation string              `json:"explanation"` // its kind
	Request     string              `json:"request"`
}

// registerView is GET /registre?account=&since=&until=&before=.
type registerView struct {
	Rows    []registerRow     `json:"rows"`
	Account cloison.AccountID `json:"account,omitzero"`
	Since   time.Time         `json:"since,omitzero"`
	Until   time.Time         `json:"until,omitzero"`
	Newer   time.Time         `json:"newer,omitzero"`  // the next page of an account's or a time's rows: ?since=
	Older   int64             `json:"older,omitempty"` // the next page of the newest rows: ?before=
	Sealed  int64             `json:"sealed"`          // rows under the signed checkpoint
	SealAt  time.Time         `json:"sealed_at,omitzero"`
}

func (v *registerView) Title(s web.Say) string {
	if v.Account != 0 || !v.Since.IsZero() {
		return s("register.title_found", "n", len(v.Rows))
	}
	return s("register.title", "n", v.Sealed)
}

func (h *register) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, q := r.Context(), r.URL.Query()
	view := &registerView{Rows: []registerRow{}}
	var err error
	if view.Account, err = cloison.ParseAccountID(q.Get("account")); err != nil {
		return nil, web.NotFound()
	}
	for name, t := range map[string]*time.Time{"since": &view.Since, "until": &view.Until} {
		if s := q.Get(name); s != "" {
			if *t, err = web.ParseMoment(s, h.Zone); err != nil {
				return nil, err
			}
		}
	}
	mark, err := h.store.Sealed(ctx)
	if err != nil {
		return nil, err
	}
	view.Sealed, view.SealAt = mark.Seq, mark.At
	var rows []ledger.Row
	switch {
	case view.Account != 0:
		rows, err = h.store.RowsOf(ctx, view.Account, view.Since, view.Until, web.PageLength+1)
	case !view.Since.IsZero() || !view.Until.IsZero():
		rows, err = h.rowsBetween(ctx, view.Since, view.Until)
	default:
		before, _ := strconv.ParseInt(q.Get("before"), 10, 64)
		if rows, err = h.newestRows(ctx, before); err == nil && len(rows) > 0 && rows[len(rows)-1].Seq > 1 {
			view.Older = rows[len(rows)-1].Seq
		}
	}
	if err != nil {
		return nil, err
	}
	if len(rows) > web.PageLength {
		view.Newer, rows = rows[web.PageLength].At, rows[:web.PageLength]
	}
	named := make([]cloison.AccountID, len(rows))
	for i, row := range rows {
		named[i] = row.Account
	}
	if err := h.Know(ctx, v, named); err != nil {
		return nil, err
	}
	for _, row := range rows {
		view.Rows = append(view.Rows, rowView(row, h.Party(ctx, v, row.Account)))
	}
	return view, nil
}

func rowView(row ledger.Row, who web.Party) registerRow {
	kind, _, _ := strings.Cut(row.Explanation, ":")
	return registerRow{row.Seq, row.At, who, row.Structure, row.Tool, row.Operation, row.Fields.Names(), kind, row.Request}
}

// newestRows lists a page of rows, the newest first; before is the number of the row above them, 0 for the end.
func (h *register) newestRows(ctx context.Context, before int64) ([]ledger.Row, error) {
	if before <= 0 {
		last, err := web.Seek(func(after int64) (bool, error) {
			next, err := h.store.Rows(ctx, after, 1)
			return len(next) == 0, err
		})
		if err != nil {
			return nil, err
		}
		before = last + 1
	}
	rows, err := h.store.Rows(ctx, max(0, before-1-web.PageLength), web.PageLength)
	rows = slices.DeleteFunc(rows, func(row ledger.Row) bool { return row.Seq >= before })
	slices.Reverse(rows)
	return rows, err
}

// rowsBetween lists the rows of a time, oldest first, and one more than a page.
func (h *register) rowsBetween(ctx context.Context, since, until time.Time) ([]ledger.Row, error) {
	after, err := h.before(ctx, since)
	if err != nil {
		return nil, err
	}
	rows, err := h.store.Rows(ctx, after, web.PageLength+1)
	return slices.DeleteFunc(rows, func(row ledger.Row) bool { return !until.IsZero() && !row.At.Before(until) }), err
}

// before finds the number of the last row before a time.
func (h *register) before(ctx context.Context, t time.Time) (int64, error) {
	return web.Seek(func(after int64) (bool, error) {
		next, err := h.store.Rows(ctx, after, 1)
		return err == nil && (len(next) == 0 || !next[0].At.Before(t)), err
	})
}
