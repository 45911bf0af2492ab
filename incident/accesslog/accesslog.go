package accesslog

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

// Request says what is read, and for whom.
type Request struct {
	Files    []string // names, patterns of path/filepath, or - for the standard input
	Map      Map
	Accounts []string  // as the log names them: distinct, none empty, at most 65 536
	Since    time.Time // inclusive; zero: from the beginning
	Until    time.Time // exclusive; zero: to the end
	Limits   Limits

	// Progress, when not nil, is called with how many bytes of how many were read. Calls do not overlap; the standard
	// input's size counts as nothing.
	Progress func(done, total int64)
}

// Limits bound the memory of a reading. The zero value of each field means the default in its comment.
type Limits struct {
	Block   int // bytes read at once: 256 KiB, so that a block stays in a core's own cache while it is parsed
	Line    int // bytes of the longest line, longer ones are unparsed: 4 MiB
	Workers int // goroutines: one a core
}

func (l Limits) withDefaults() Limits {
	return Limits{cmp.Or(l.Block, 256<<10), cmp.Or(l.Line, 4<<20), cmp.Or(l.Workers, runtime.GOMAXPROCS(0))}
}

// Sighting is one person that a line shows to an account.
type Sighting struct {
	Account uint16 // the index in Request.Accounts
	Fields  uint64 // bit i: Result.Fields[i]
	At      int64  // Unix nanoseconds
	Timed   bool   // At is known; else the line's time cannot be read
}

// MaxPerson is the longest reference of a person in bytes.
const MaxPerson = 1 << 10

// Sink takes the sightings, each with the person, whose bytes are valid during the call. Workers call it concurrently.
type Sink func(person []byte, s Sighting)

// Result is what was read, apart from the persons.
type Result struct {
	Lines     int64
	Unparsed  int64     // of the lines, those that cannot be read
	NoAccount int64     // of the lines, those that name no account at all
	Shown     []BadLine // the first unparsed lines
	Mentioned []int64   // by account, unparsed lines that name it
	Anonymous int64     // unparsed lines that name none of the accounts
	Fields    []string  // the names of fields, by bit
	Broken    []Broken
}

// BadLine is a line of a log that could not be read. The reason never quotes the line.
type BadLine struct {
	File   string `json:"file"`
	Line   int64  `json:"line"` // from 1
	Reason string `json:"reason"`
}

// Broken is a compressed log that ends or breaks in the middle.
type Broken struct{ File, Reason string }

const (
	shownLines = 20 // unparsed lines that a result shows
	maxOpen    = 8  // logs read at the same time; each compressed one needs its decompressor's memory
)

// Read reads the logs and hands every person that a line shows to one of the accounts, within the window, to the sink.
// It uses all cores, and no memory that grows with the logs.
//
// Errors are cloison.Invalid when the map or a log is not what it should be, and cloison.NotFound when a file is not
// there. A line that cannot be read is no error: the result counts and shows it.
func Read(ctx context.Context, r Request, sink Sink) (*Result, error) {
	compiled, err := r.Map.compile()
	if err != nil {
		return nil, err
	}
	s, err := newScan(compiled, r, sink)
	if err != nil {
		return nil, err
	}
	return s.run(ctx)
}

// scan is one run over logs.
type scan struct {
	Request
	compiled *compiledMap
	sink     Sink
	ids      map[string]uint16
	since    int64 // Unix nanoseconds
	until    int64
	names    *registry
	feed     *feed
	constant uint64 // the map's constant fields

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
	anonymous        int64   // unparsed lines that name none of the accounts
	mentioned        []int64 // by account, unparsed lines that name it
	shown            []badLine
}

type badLine struct {
	file   int
	line   int64
	reason string
}

func newScan(p *compiledMap, r Request, sink Sink) (*scan, error) {
	r.Limits = r.Limits.withDefaults()
	s := &scan{Request: r, compiled: p, sink: sink, ids: map[string]uint16{}, names: &registry{}, counts: counts{mentioned: make([]int64, len(r.Accounts))}}
	for i, a := range r.Accounts {
		s.ids[a] = uint16(i)
	}
	s.since, s.until = math.MinInt64, math.MaxInt64
	if !r.Since.IsZero() {
		s.since = unixNano(r.Since)
	}
	if !r.Until.IsZero() {
		s.until = unixNano(r.Until)
	}
	for _, name := range p.constant {
		if err := s.names.add(&s.constant, []byte(name)); err != nil {
			return nil, err
		}
	}
	files, err := expand(r.Files)
	if err != nil {
		return nil, err
	}
	s.feed = &feed{}
	for i, name := range files {
		src := &source{name: name, index: i, next: nextLine, limits: r.Limits, read: &s.done}
		if p.Format == formatCSV {
			src.next = func(data []byte, at int, final bool) int { return nextCSV(data, at, p.comma, final, r.Limits.Line) }
			src.header = func(line []byte) (*columns, error) { return readHeader(line, p.comma, p) }
		}
		if info, err := os.Stat(name); err == nil && name != "-" {
			s.total += info.Size()
		}
		s.feed.all = append(s.feed.all, src)
	}
	return s, nil
}

func (s *scan) run(ctx context.Context) (*Result, error) {
	defer s.feed.close()
	group, ctx := errgroup.WithContext(ctx)
	for range s.Limits.Workers {
		group.Go(func() error { return s.work(ctx) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if s.Progress != nil {
		s.Progress(s.total, s.total)
	}
	return s.result(), nil
}

// work parses blocks until there are none.
func (s *scan) work(ctx context.Context) error {
	w := &worker{scan: s, reader: s.compiled.newReader(), counts: counts{mentioned: make([]int64, len(s.Accounts))}}
	w.selector = selector{compiled: s.compiled, sink: s.sink, names: s.names, accounts: s.ids, since: s.since, until: s.until,
		constant: s.constant, sets: map[string]uint64{}}
	for _, a := range s.Accounts {
		w.selector.replaced = w.selector.replaced || strings.ContainsRune(a, utf8.RuneError)
	}
	if len(s.Accounts) <= 8 {
		w.selector.few = s.Accounts
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
	s.counts.noAccount += w.selector.noAccount
	return nil
}

func (s *scan) report() {
	if s.Progress != nil && s.reporting.TryLock() {
		s.Progress(s.done.Load(), s.total)
		s.reporting.Unlock()
	}
}

// worker is one goroutine of a run.
type worker struct {
	scan     *scan
	reader   lineReader
	selector selector
	counts   counts
}

// block parses the lines of a block.
func (w *worker) block(b *block) error {
	if b.long {
		w.counts.lines++
		w.bad(b, b.line, nil, tooLong)
		return nil
	}
	isCSV := b.columns != nil
	if c, ok := w.reader.(*csvLines); ok {
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
		if len(line) > b.source.limits.Line {
			w.bad(b, at, line, tooLong)
			continue
		}
		if reason := w.reader.parse(line); reason != "" {
			w.bad(b, at, line, reason)
			continue
		}
		reason, of, err := w.selector.take(w.reader)
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

// tooLong names the default limit, which is the one that people meet.
const tooLong = "longer than 4 MiB"

// bad counts a line that cannot be read, for the accounts that it names.
func (w *worker) bad(b *block, number int64, line []byte, reason string) {
	named := false
	for i, a := range w.scan.Accounts[:min(len(w.scan.Accounts), 64)] {
		if bytes.Contains(line, []byte(a)) {
			w.counts.mentioned[i]++
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
	for a, n := range d.mentioned {
		c.mentioned[a] += n
	}
	for _, l := range d.shown {
		c.show(l)
	}
}

// result turns what was counted into the result.
func (s *scan) result() *Result {
	c := &s.counts
	r := &Result{Lines: c.lines, Unparsed: c.unparsed, NoAccount: c.noAccount, Mentioned: c.mentioned, Anonymous: c.anonymous, Fields: s.names.list}
	for _, l := range c.shown {
		r.Shown = append(r.Shown, BadLine{s.feed.all[l.file].name, l.line, l.reason})
	}
	for _, src := range s.feed.all {
		if src.broken != nil {
			r.Broken = append(r.Broken, Broken{src.name, src.broken.Error()})
		}
	}
	return r
}
