package register

import (
	"io/fs"
	"strings"

	"cloison"
	"cloison/ledger"
)

// maxLogFile bounds a public file of the log, in bytes: an entry bundle has about 9 KB.
const maxLogFile = 1 << 20

// LogFile returns a public file of the transparency log (C2SP tlog-tiles): checkpoint, retention, or one under tile/.
// These hold keyed hashes alone, for anybody to read. Any other name is NotFound: the directory also holds the sealer's
// state.
func (r *Register) LogFile(name string) ([]byte, error) {
	missing := func() ([]byte, error) { return nil, cloison.Errorf(cloison.NotFound, "no such file of the log") }
	if name != "checkpoint" && name != ledger.RetentionFile && !strings.HasPrefix(name, "tile/") || strings.Contains(name, "/.") {
		return missing()
	}
	root, err := r.openLog()
	if err != nil {
		return missing()
	}
	defer root.Close()
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() || info.Size() > maxLogFile {
		return missing()
	}
	b, err := fs.ReadFile(root.FS(), name)
	if err != nil {
		return missing()
	}
	return b, nil
}
