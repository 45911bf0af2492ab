package oversight

import (
	"net/http"
	"strings"

	"cloison/console/web"
)

// logFile serves the public files of the transparency log to anybody (C2SP tlog-tiles): GET /ledger/checkpoint,
// /ledger/tile/….
func (h *rows) logFile(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/ledger/")
	b, err := h.rows.LogFile(name)
	if err != nil {
		h.Fail(w, r, web.NotFound())
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if name == "checkpoint" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	} else {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(b) // the client is gone if this fails
}
