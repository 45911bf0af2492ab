package oversight

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
	"cloison/ledger"
)

// Prove is the verb of taking the proof of one row, which names the person.
const Prove signin.Verb = "prove"

// proveSubject is the row.
type proveSubject struct {
	Seq int64 `json:"seq"`
}

func (h *register) describeProve(ctx context.Context, v web.Viewer, s proveSubject) (i18n.Params, error) {
	row, err := h.rowOf(ctx, s.Seq)
	if err == nil {
		err = h.directory.May(ctx, v.Caller(), directory.ToProve, row.Account)
	}
	return i18n.Params{"seq": s.Seq}, err
}

// proof hands over the proof. That it is taken is in the journal first.
func (h *register) proof(ctx context.Context, v web.Viewer, s proveSubject) (web.Outcome, error) {
	p, err := h.prove(ctx, s.Seq)
	if err == nil {
		err = h.directory.May(ctx, v.Caller(), directory.ToProve, p.Row.Account)
	}
	if err != nil {
		return web.Outcome{}, err
	}
	number := strconv.FormatInt(s.Seq, 10)
	err = h.store.AddEvent(ctx, directory.Event{At: h.Now().UTC().Truncate(time.Millisecond), Code: "row.proved", Actor: v.Account.ID,
		Account: p.Row.Account, Session: v.Session.ID, Detail: map[string]string{"seq": number}})
	return web.Outcome{File: &web.File{Name: "ligne-" + number + ".tlog-proof", Kind: "text/plain; charset=utf-8",
		Body: func(w http.ResponseWriter) error { _, err := w.Write(p.Marshal()); return err }}}, err
}

// rowOf reads one row of the ledger.
func (h *register) rowOf(ctx context.Context, seq int64) (ledger.Row, error) {
	if seq < 1 {
		return ledger.Row{}, web.NotFound()
	}
	rows, err := h.store.Rows(ctx, seq-1, 1)
	if err != nil {
		return ledger.Row{}, err
	}
	if len(rows) == 0 || rows[0].Seq != seq {
		return ledger.Row{}, web.NotFound()
	}
	return rows[0], nil
}

func (h *register) prove(ctx context.Context, seq int64) (ledger.Proof, error) {
	row, err := h.rowOf(ctx, seq)
	if err != nil {
		return ledger.Proof{}, err
	}
	root, err := os.OpenRoot(h.logDir)
	if err != nil {
		return ledger.Proof{}, cloison.Errorf(cloison.Unavailable, "the transparency log: %w", err)
	}
	defer root.Close()
	signed, err := fs.ReadFile(root.FS(), "checkpoint")
	if errors.Is(err, fs.ErrNotExist) {
		return ledger.Proof{}, web.Refuse(cloison.NotFound, "unsealed")
	} else if err != nil {
		return ledger.Proof{}, cloison.Errorf(cloison.Unavailable, "the transparency log: %w", err)
	}
	p, err := ledger.Prove(root.FS(), signed, h.logKey, row)
	if err != nil && cloison.KindOf(err) == cloison.NotFound {
		err = web.Refuse(cloison.NotFound, "unsealed")
	}
	return p, err
}
