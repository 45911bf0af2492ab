package console

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
	"cloison/ledger"
)

// registerRow is one row of the ledger without the person: who was shown somebody, when and why.
type registerRow struct {
	Seq         int64               `json:"seq"`
	At          time.Time           `json:"at"`
	Account     party               `json:"account"`
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

func (v *registerView) title(s say) string {
	if v.Account != 0 || !v.Since.IsZero() {
		return s("register.title_found", "n", len(v.Rows))
	}
	return s("register.title", "n", v.Sealed)
}

func (c *Console) register(r *http.Request, v viewer) (titled, error) {
	ctx, q := r.Context(), r.URL.Query()
	view := &registerView{Rows: []registerRow{}}
	var err error
	if view.Account, err = cloison.ParseAccountID(q.Get("account")); err != nil {
		return nil, notFound()
	}
	for name, t := range map[string]*time.Time{"since": &view.Since, "until": &view.Until} {
		if s := q.Get(name); s != "" {
			if *t, err = parseMoment(s, c.Gauge.Zone); err != nil {
				return nil, err
			}
		}
	}
	mark, err := c.Store.Sealed(ctx)
	if err != nil {
		return nil, err
	}
	view.Sealed, view.SealAt = mark.Seq, mark.At
	var rows []ledger.Row
	switch {
	case view.Account != 0:
		rows, err = c.Store.RowsOf(ctx, view.Account, view.Since, view.Until, pageLength+1)
	case !view.Since.IsZero() || !view.Until.IsZero():
		rows, err = c.rowsBetween(ctx, view.Since, view.Until)
	default:
		before, _ := strconv.ParseInt(q.Get("before"), 10, 64)
		if rows, err = c.newestRows(ctx, before); err == nil && len(rows) > 0 && rows[len(rows)-1].Seq > 1 {
			view.Older = rows[len(rows)-1].Seq
		}
	}
	if err != nil {
		return nil, err
	}
	if len(rows) > pageLength {
		view.Newer, rows = rows[pageLength].At, rows[:pageLength]
	}
	named := make([]cloison.AccountID, len(rows))
	for i, row := range rows {
		named[i] = row.Account
	}
	if err := c.know(ctx, v, named); err != nil {
		return nil, err
	}
	for _, row := range rows {
		view.Rows = append(view.Rows, rowView(row, c.party(ctx, v, row.Account)))
	}
	return view, nil
}

func rowView(row ledger.Row, who party) registerRow {
	kind, _, _ := strings.Cut(row.Explanation, ":")
	return registerRow{row.Seq, row.At, who, row.Structure, row.Tool, row.Operation, row.Fields.Names(), kind, row.Request}
}

// newestRows lists a page of rows, the newest first; before is the number of the row above them, 0 for the end.
func (c *Console) newestRows(ctx context.Context, before int64) ([]ledger.Row, error) {
	if before <= 0 {
		last, err := seek(func(after int64) (bool, error) {
			next, err := c.Store.Rows(ctx, after, 1)
			return len(next) == 0, err
		})
		if err != nil {
			return nil, err
		}
		before = last + 1
	}
	rows, err := c.Store.Rows(ctx, max(0, before-1-pageLength), pageLength)
	rows = slices.DeleteFunc(rows, func(row ledger.Row) bool { return row.Seq >= before })
	slices.Reverse(rows)
	return rows, err
}

// rowsBetween lists the rows of a time, oldest first, and one more than a page.
func (c *Console) rowsBetween(ctx context.Context, since, until time.Time) ([]ledger.Row, error) {
	after, err := c.before(ctx, since)
	if err != nil {
		return nil, err
	}
	rows, err := c.Store.Rows(ctx, after, pageLength+1)
	return slices.DeleteFunc(rows, func(row ledger.Row) bool { return !until.IsZero() && !row.At.Before(until) }), err
}

// before finds the number of the last row before a time.
func (c *Console) before(ctx context.Context, t time.Time) (int64, error) {
	return seek(func(after int64) (bool, error) {
		next, err := c.Store.Rows(ctx, after, 1)
		return err == nil && (len(next) == 0 || !next[0].At.Before(t)), err
	})
}

// file is an answer to keep rather than to read.
type file struct {
	name string
	kind string
	body func(w http.ResponseWriter) error
}

func (c *Console) writeFile(w http.ResponseWriter, r *http.Request, f *file) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
	if err := f.body(w); err != nil { // the answer has begun: nothing else can be said
		c.Log.ErrorContext(r.Context(), "a file was not written whole", "kind", f.kind, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// Prove is the verb of taking the proof of one row, which names the person.
const Prove signin.Verb = "prove"

// proveSubject is the row.
type proveSubject struct {
	Seq int64 `json:"seq"`
}

func (c *Console) aboutProve(ctx context.Context, v viewer, s proveSubject) (i18n.Params, error) {
	row, err := c.rowOf(ctx, s.Seq)
	if err == nil {
		err = c.Directory.May(ctx, v.caller(), directory.ToProve, row.Account)
	}
	return i18n.Params{"seq": s.Seq}, err
}

// proof hands over the proof. That it is taken is in the journal first.
func (c *Console) proof(ctx context.Context, v viewer, s proveSubject) (outcome, error) {
	p, err := c.prove(ctx, s.Seq)
	if err == nil {
		err = c.Directory.May(ctx, v.caller(), directory.ToProve, p.Row.Account)
	}
	if err != nil {
		return outcome{}, err
	}
	number := strconv.FormatInt(s.Seq, 10)
	err = c.Store.AddEvent(ctx, directory.Event{At: c.Now().UTC().Truncate(time.Millisecond), Code: "row.proved", Actor: v.account.ID,
		Account: p.Row.Account, Session: v.session.ID, Detail: map[string]string{"seq": number}})
	return outcome{file: &file{"ligne-" + number + ".tlog-proof", "text/plain; charset=utf-8",
		func(w http.ResponseWriter) error { _, err := w.Write(p.Marshal()); return err }}}, err
}

// rowOf reads one row of the ledger.
func (c *Console) rowOf(ctx context.Context, seq int64) (ledger.Row, error) {
	if seq < 1 {
		return ledger.Row{}, notFound()
	}
	rows, err := c.Store.Rows(ctx, seq-1, 1)
	if err != nil {
		return ledger.Row{}, err
	}
	if len(rows) == 0 || rows[0].Seq != seq {
		return ledger.Row{}, notFound()
	}
	return rows[0], nil
}

func (c *Console) prove(ctx context.Context, seq int64) (ledger.Proof, error) {
	row, err := c.rowOf(ctx, seq)
	if err != nil {
		return ledger.Proof{}, err
	}
	root, err := os.OpenRoot(c.LogDir)
	if err != nil {
		return ledger.Proof{}, cloison.Errorf(cloison.Unavailable, "the transparency log: %w", err)
	}
	defer root.Close()
	signed, err := fs.ReadFile(root.FS(), "checkpoint")
	if errors.Is(err, fs.ErrNotExist) {
		return ledger.Proof{}, refuse(cloison.NotFound, "unsealed")
	} else if err != nil {
		return ledger.Proof{}, cloison.Errorf(cloison.Unavailable, "the transparency log: %w", err)
	}
	p, err := ledger.Prove(root.FS(), signed, c.LogKey, row)
	if err != nil && cloison.KindOf(err) == cloison.NotFound {
		err = refuse(cloison.NotFound, "unsealed")
	}
	return p, err
}

// tile serves the public files of the transparency log to anybody (C2SP tlog-tiles): GET /ledger/checkpoint,
// /ledger/tile/…. They hold keyed hashes alone. Nothing else of the directory, which also holds the writer's state, can
// be named.
func (c *Console) tile(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/ledger/")
	root, err := os.OpenRoot(c.LogDir)
	if err != nil {
		c.fail(w, r, notFound())
		return
	}
	defer root.Close()
	b, err := readTile(root, name)
	if err != nil {
		c.fail(w, r, notFound())
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if name == "checkpoint" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(b) // the client is gone if this fails
}

func readTile(root *os.Root, name string) ([]byte, error) {
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") {
			return nil, fs.ErrNotExist
		}
	}
	info, err := root.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return nil, fs.ErrNotExist
	}
	return fs.ReadFile(root.FS(), name)
}
