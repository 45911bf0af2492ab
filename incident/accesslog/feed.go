package accesslog

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"cloison"
)

// feed hands out blocks of the logs.
type feed struct {
	mu   sync.Mutex
	all  []*source
	next int       // the first that was not opened
	open []*source // at most maxOpen, in order
	turn int
}

// take fills the block from a log that no other worker is reading, if there is one; io.EOF after the last.
func (f *feed) take(b *block) error {
	for {
		s := f.pick()
		if s == nil {
			return io.EOF
		}
		err := s.fill(b)
		if err == io.EOF {
			f.drop(s)
			s.Unlock()
			continue
		}
		s.Unlock()
		return err
	}
}

// pick returns a log, locked; nil when all are read.
func (f *feed) pick() *source {
	f.mu.Lock()
	for _, s := range f.open {
		if s.TryLock() {
			f.mu.Unlock()
			return s
		}
	}
	if f.next < len(f.all) && len(f.open) < min(maxOpen, runtime.GOMAXPROCS(0)) {
		s := f.all[f.next]
		f.next++
		f.open = append(f.open, s)
		s.Lock()
		f.mu.Unlock()
		return s
	}
	if len(f.open) == 0 {
		f.mu.Unlock()
		return nil
	}
	s := f.open[f.turn%len(f.open)]
	f.turn++
	f.mu.Unlock()
	s.Lock()
	return s
}

// drop forgets a log that was read to its end.
func (f *feed) drop(s *source) {
	f.mu.Lock()
	if i := slices.Index(f.open, s); i >= 0 {
		f.open = slices.Delete(f.open, i, i+1)
		s.end()
	}
	f.mu.Unlock()
}

func (f *feed) close() {
	for _, s := range f.open {
		s.end()
	}
}

// expand resolves patterns and returns every file once.
func expand(files []string) ([]string, error) {
	if len(files) == 0 {
		return nil, cloison.Errorf(cloison.Invalid, "access logs: none is named; name at least one file, or - for the standard input")
	}
	var names []string
	var seen []os.FileInfo
	for _, f := range files {
		matches := []string{f}
		if _, err := os.Stat(f); f != "-" && err != nil && strings.ContainsAny(f, "*?[") {
			if matches, err = filepath.Glob(f); err != nil {
				return nil, cloison.Errorf(cloison.Invalid, "access logs: %s is not a pattern: %w", f, err)
			}
			if len(matches) == 0 {
				return nil, cloison.Errorf(cloison.NotFound, "access logs: no file matches %s", f)
			}
		}
		for _, name := range matches {
			info, err := os.Stat(name)
			switch {
			case name == "-":
				if slices.Contains(names, "-") {
					continue
				}
			case err != nil:
				return nil, cloison.Errorf(cloison.NotFound, "%w", err)
			case info.IsDir():
				return nil, cloison.Errorf(cloison.Invalid, "access logs: %s is a directory; name its logs, as %s/*", name, name)
			case slices.ContainsFunc(seen, func(other os.FileInfo) bool { return os.SameFile(info, other) }):
				continue
			default:
				seen = append(seen, info)
			}
			names = append(names, name)
		}
	}
	return names, nil
}
