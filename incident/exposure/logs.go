package exposure

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"cloison"
)

const (
	shownLines = 20 // unparsed lines that a roll shows
	maxOpen    = 8  // logs read at the same time; each compressed one needs its decompressor's memory
)

// FromLogs draws the roll of the query's accounts from access logs. A file may be a name, a pattern of path/filepath,
// or - for the standard input; gzip and zstd are known by their first bytes. It uses all cores, and memory for the
// persons found (about 75 bytes each) but not for the size of the logs. Progress, when not nil, is told how many bytes
// of how many were read; calls do not overlap; the standard input's size counts as nothing.
//
// Errors are cloison.Invalid when the query, the map or a log is not what it should be, and cloison.NotFound when a
// file is not there. Lines that can't be read are no error: the roll counts and shows them, and names them as gaps.
func FromLogs(ctx context.Context, files []string, m Map, q Query, progress func(done, total int64)) (*Roll, error) {
	accounts, err := q.check()
	if err != nil {
		return nil, err
	}
	plan, err := m.compile()
	if err != nil {
		return nil, err
	}
	s, err := newScan(plan, accounts, q, files, usualLimits())
	if err != nil {
		return nil, err
	}
	s.progress = progress
	return s.run(ctx, q, runtime.GOMAXPROCS(0))
}

// scan is one run over logs.
type scan struct {
	plan     *plan
	accounts []string
	ids      map[string]uint16
	since    int64
	until    int64
	table    *table
	names    *registry
	feed     *feed
	constant uint64

	progress  func(done, total int64)
	reporting sync.Mutex
	done      atomic.Int64
	total     int64

	mu     sync.Mutex // guards what workers add at their end
	counts counts
}

// counts is what a worker knows apart from the persons.
type counts struct {
	lines, noAccount int64
	unparsed         int64
	anonymous        int64            // unparsed lines that name none of the accounts
	mentioned        map[uint16]int64 // unparsed lines that name an account
	shown            []badLine        // the first, in order
}

type badLine struct {
	file   int
	line   int64
	reason string
}

func newScan(p *plan, accounts []string, q Query, files []string, l limits) (*scan, error) {
	s := &scan{plan: p, accounts: accounts, ids: map[string]uint16{}, table: newTable(), names: &registry{}}
	for i, a := range accounts {
		s.ids[a] = uint16(i)
	}
	s.since, s.until = math.MinInt64, math.MaxInt64
	if !q.Since.IsZero() {
		s.since = unixNano(q.Since)
	}
	if !q.Until.IsZero() {
		s.until = unixNano(q.Until)
	}
	for _, name := range p.constant {
		if err := s.names.add(&s.constant, []byte(name)); err != nil {
			return nil, err
		}
	}
	names, err := expand(files)
	if err != nil {
		return nil, err
	}
	s.feed = &feed{}
	for i, name := range names {
		src := &source{name: name, index: i, next: nextLine, limits: l, read: &s.done,
			open: func() (io.ReadCloser, error) { return openFile(name) }}
		if p.Format == formatCSV {
			src.next = func(data []byte, at int, final bool) int { return nextCSV(data, at, p.comma, final, l.line) }
			src.header = func(line []byte) (*columns, error) { return readHeader(line, p.comma, p) }
		}
		if info, err := os.Stat(name); err == nil && name != "-" {
			s.total += info.Size()
		}
		s.feed.all = append(s.feed.all, src)
	}
	return s, nil
}

// unixNano is t.UnixNano, at the ends of its range for times outside.
func unixNano(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1679:
		return math.MinInt64
	case y > 2261:
		return math.MaxInt64
	default:
		return t.UnixNano()
	}
}

// expand resolves patterns and leaves every file once.
func expand(files []string) ([]string, error) {
	if len(files) == 0 {
		return nil, cloison.Errorf(cloison.Invalid, "no log: name at least one file, or - for the standard input")
	}
	var names []string
	var seen []os.FileInfo
	for _, f := range files {
		matches := []string{f}
		if _, err := os.Stat(f); f != "-" && err != nil && strings.ContainsAny(f, "*?[") {
			if matches, err = filepath.Glob(f); err != nil {
				return nil, cloison.Errorf(cloison.Invalid, "%s is not a pattern: %w", f, err)
			}
			if len(matches) == 0 {
				return nil, cloison.Errorf(cloison.NotFound, "no file matches %s", f)
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
				return nil, cloison.Errorf(cloison.Invalid, "%s is a directory: name its logs, as %s/*", name, name)
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

// feed hands out blocks of the logs.
type feed struct {
	mu   sync.Mutex
	all  []*source
	next int       // the first that was not opened
	open []*source // at most maxOpen, in order
	turn int
}

// take fills the block from a log that nobody else is reading, if there is one; io.EOF after the last.
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

func (s *scan) run(ctx context.Context, q Query, workers int) (*Roll, error) {
	defer s.feed.close()
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error { return s.work(ctx) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if s.progress != nil {
		s.progress(s.total, s.total)
	}
	return s.roll(q), nil
}

// work parses blocks until there are none.
func (s *scan) work(ctx context.Context) error {
	w := &worker{scan: s, parser: s.plan.newParser(), counts: counts{mentioned: map[uint16]int64{}}}
	w.judge = judge{plan: s.plan, table: s.table, names: s.names, accounts: s.ids, since: s.since, until: s.until,
		constant: s.constant, sets: map[string]uint64{}}
	for _, a := range s.accounts {
		w.judge.replaced = w.judge.replaced || strings.ContainsRune(a, utf8.RuneError)
	}
	if len(s.accounts) <= 8 {
		w.judge.few = s.accounts
	}
	var b block
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.feed.take(&b)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = w.block(&b)
		}
		if err != nil {
			return err
		}
		s.report()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.merge(&w.counts)
	s.counts.noAccount += w.judge.noAccount
	return nil
}

func (s *scan) report() {
	if s.progress != nil && s.reporting.TryLock() {
		s.progress(s.done.Load(), s.total)
		s.reporting.Unlock()
	}
}

// worker is one goroutine of a run.
type worker struct {
	scan   *scan
	parser parser
	judge  judge
	counts counts
}

// block parses the lines of a block.
func (w *worker) block(b *block) error {
	if b.long {
		w.counts.lines++
		w.bad(b, b.line, nil, tooLong)
		return nil
	}
	isCSV := b.columns != nil
	if c, ok := w.parser.(*csvLines); ok {
		c.columns = b.columns
	}
	number := b.line
	for p := 0; p < len(b.data); {
		end := b.source.next(b.data, p, true)
		line := trimEnd(b.data[p:end])
		at := number
		number++
		if isCSV {
			number += int64(bytes.Count(line, []byte("\n")))
		}
		p = end
		if len(line) == 0 {
			if !isCSV {
				w.counts.lines++
			}
			continue
		}
		w.counts.lines++
		if len(line) > b.source.limits.line {
			w.bad(b, at, line, tooLong)
			continue
		}
		if reason := w.parser.parse(line); reason != "" {
			w.bad(b, at, line, reason)
			continue
		}
		reason, of, err := w.judge.take(w.parser)
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", b.source.name, at, err)
		}
		if reason != "" {
			w.counts.mentioned[of]++
			w.counts.note(badLine{b.source.index, at, reason})
		}
	}
	return nil
}

const tooLong = "longer than 4 MiB"

// bad counts a line that can't be read, for the accounts that it names.
func (w *worker) bad(b *block, number int64, line []byte, reason string) {
	named := false
	for i, a := range w.scan.accounts[:min(len(w.scan.accounts), 64)] {
		if bytes.Contains(line, []byte(a)) {
			w.counts.mentioned[uint16(i)]++
			named = true
		}
	}
	if !named {
		w.counts.anonymous++
	}
	w.counts.note(badLine{b.source.index, number, reason})
}

// note counts an unparsed line and keeps the first few.
func (c *counts) note(l badLine) {
	c.unparsed++
	c.show(l)
}

func (c *counts) show(l badLine) {
	if len(c.shown) == shownLines && l.compare(c.shown[shownLines-1]) > 0 {
		return
	}
	i, _ := slices.BinarySearchFunc(c.shown, l, badLine.compare)
	c.shown = slices.Insert(c.shown, i, l)
	c.shown = c.shown[:min(len(c.shown), shownLines)]
}

func (l badLine) compare(m badLine) int {
	return cmp.Or(cmp.Compare(l.file, m.file), cmp.Compare(l.line, m.line))
}

func (c *counts) merge(d *counts) {
	c.lines += d.lines
	c.noAccount += d.noAccount
	c.unparsed += d.unparsed
	c.anonymous += d.anonymous
	if c.mentioned == nil {
		c.mentioned = map[uint16]int64{}
	}
	for a, n := range d.mentioned {
		c.mentioned[a] += n
	}
	for _, l := range d.shown {
		c.show(l)
	}
}

// roll turns what was gathered into the roll.
func (s *scan) roll(q Query) *Roll {
	r := &Roll{table: s.table, accounts: s.accounts, fields: s.names.list}
	r.Lines, r.Unparsed, r.NoAccount = s.counts.lines, s.counts.unparsed, s.counts.noAccount
	for _, l := range s.counts.shown {
		r.UnparsedShown = append(r.UnparsedShown, BadLine{s.feed.all[l.file].name, l.line, l.reason})
	}
	gap := Gap{Kind: UnparsedLines, From: utc(q.Since), To: utc(q.Until)}
	for i, a := range s.accounts {
		if n := s.counts.mentioned[uint16(i)]; n > 0 {
			gap.Account, gap.Lines = a, n
			r.Gaps = append(r.Gaps, gap)
		}
	}
	if n := s.counts.anonymous; n > 0 {
		gap.Account, gap.Lines = "", n
		r.Gaps = append(r.Gaps, gap)
	}
	for _, src := range s.feed.all {
		if src.broken != nil {
			r.Gaps = append(r.Gaps, Gap{Kind: CutShort, File: src.name, Reason: src.broken.Error()})
		}
	}
	r.count(q.Universe)
	return r
}
