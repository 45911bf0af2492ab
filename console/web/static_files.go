package web

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/url"
	"path"
)

// static are the files that every page loads, by name.
type static map[string]staticFile

type staticFile struct {
	body    []byte
	kind    string
	version string
}

func loadStatic() (static, error) {
	all := static{}
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(files, "static/"+e.Name())
		if err != nil {
			return nil, err
		}
		all.add(e.Name(), b)
	}
	return all, nil
}

// add puts a file under its name, its version out of what it holds.
func (s static) add(name string, b []byte) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	sum := sha256.Sum256(b)
	s[name] = staticFile{b, kinds[path.Ext(name)], hex.EncodeToString(sum[:6])}
}

// address is where a file is, under the version that it has.
func (s static) address(name string) string {
	return "/cloison/static/" + name + "?v=" + url.QueryEscape(s[name].version)
}

// StaticFile serves one of the files that every page loads.
func (s *Site) StaticFile(w http.ResponseWriter, r *http.Request) {
	f, ok := s.static[r.PathValue("file")]
	if !ok {
		s.Fail(w, r, NotFound())
		return
	}
	w.Header().Set("Content-Type", f.kind)
	if r.URL.Query().Get("v") == f.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(f.body) // the client is gone if this fails
}
