package oversight

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"cloison"
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

func (h *rows) describeProve(ctx context.Context, v web.Viewer, s proveSubject) (i18n.Params, error) {
	return i18n.Params{"seq": s.Seq}, h.rows.MayProve(ctx, v.Caller(), s.Seq)
}

// prove hands over the proof.
func (h *rows) prove(ctx context.Context, v web.Viewer, s proveSubject) (web.Outcome, error) {
	p, err := h.rows.Prove(ctx, v.Caller(), s.Seq)
	if errors.Is(err, ledger.ErrNotSealed) {
		err = web.Refuse(cloison.NotFound, "unsealed")
	}
	return web.Outcome{File: &web.File{Name: "ligne-" + strconv.FormatInt(s.Seq, 10) + ".tlog-proof", Kind: "text/plain; charset=utf-8",
		Body: func(w http.ResponseWriter) error { _, err := w.Write(p.Marshal()); return err }}}, err
}
