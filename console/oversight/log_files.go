package oversight

import (
	"io/fs"
	"net/http"
	"os"
	"strings"

	"cloison/console/web"
)

// tile serves the public files of the transparency log to anybody (C2SP tlog-tiles): GET /ledger/checkpoint,
// /ledger/tile/…. They hold keyed hashes alone. Nothing else of the directory, which also holds the writer's state, can
// be named.
func (h *logFiles) tile(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/ledger/")
	root, err := os.OpenRoot(h.logDir)
	if err != nil {
		h.Fail(w, r, web.NotFound())
		return
	}
	defer root.Close()
	b, err := readTile(root, name)
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
