package oversight

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/console/web"
	"cloison/ledger"
	"cloison/ledger/register"
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

func (h *rows) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, q := r.Context(), h.Query(r)
	view := &registerView{Rows: []registerRow{}}
	var err error
	view.Account, view.Since, view.Until = q.Account("account"), q.Time("since"), q.Time("until")
	if q.Err != nil {
		return nil, q.Err
	}
	if view.Sealed, view.SealAt, err = h.rows.Sealed(ctx); err != nil {
		return nil, err
	}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64)
	found, err := h.rows.Find(ctx, register.Search{Account: view.Account, Since: view.Since, Until: view.Until, Before: before, Limit: web.PageLength})
	if err != nil {
		return nil, err
	}
	view.Newer, view.Older = found.Newer, found.Older
	named := make([]cloison.AccountID, len(found.Rows))
	for i, row := range found.Rows {
		named[i] = row.Account
	}
	if err := h.Know(ctx, v, named); err != nil {
		return nil, err
	}
	for _, row := range found.Rows {
		view.Rows = append(view.Rows, rowView(row, h.Party(ctx, v, row.Account)))
	}
	return view, nil
}

func rowView(row ledger.Row, who web.Party) registerRow {
	kind, _, _ := strings.Cut(row.Explanation, ":")
	return registerRow{row.Seq, row.At, who, row.Structure, row.Tool, row.Operation, row.Fields.Names(), kind, row.Request}
}
