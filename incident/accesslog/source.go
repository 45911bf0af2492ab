package accesslog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"cloison"
	"cloison/incident/accesslog/fast"
)

// maxWindow bounds a zstd window: beyond it a file would take more memory than a roll may.
const maxWindow = 64 << 20

// source is one log, read in blocks of whole lines (of whole records, in CSV). A worker that holds its lock takes the
// next block, lets go, and parses while others read.
type source struct {
	sync.Mutex
	name   string
	index  int                                      // its place among the logs
	next   func(data []byte, p int, final bool) int // where the line at p ends
	limits Limits
	read   *atomic.Int64 // bytes read of the file, compressed ones counted as such

	file   io.ReadCloser
	data   io.Reader // decompressed
	close  func()
	carry  []byte // read, but not yet whole lines
	line   int64  // the number of the next line
	start  bool   // the byte order mark was read
	ended  bool
	broken error // why a compressed log ended early
	header func(line []byte) (*columns, error)
	cols   *columns
}

// block is a run of whole lines. Its memory is reused.
type block struct {
	buf     []byte
	data    []byte
	source  *source
	columns *columns
	line    int64 // the number of the first line
	long    bool  // stands for one line that is too long, whose text is gone
}

// nextLine returns where the line at p ends, line end included; -1 when the data must go on to know.
func nextLine(data []byte, p int, final bool) int {
	n := bytes.IndexByte(data[p:], '\n')
	switch {
	case n >= 0:
		return p + n + 1
	case final:
		return len(data)
	default:
		return -1
	}
}

// fill reads the next block; io.EOF when there is none. The caller holds the lock.
func (s *source) fill(b *block) error {
	if s.ended {
		return io.EOF
	}
	if s.data == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	b.source, b.long, b.data = s, false, nil
	if b.buf == nil {
		b.buf = make([]byte, s.limits.Block)
	}
	n := copy(b.room(len(s.carry)), s.carry)
	s.carry = s.carry[:0]
	for want := max(s.limits.Block, n); ; want *= 2 {
		got, eof, err := s.readUpTo(b.room(want)[n:want])
		if err != nil {
			return err
		}
		if n += got; !s.start {
			skip, err := s.mark(b.buf[:n])
			if err != nil {
				return err
			}
			n = copy(b.buf, b.buf[skip:n])
			s.start = true
		}
		whole := s.whole(b.buf[:n], eof)
		if whole == 0 && !eof {
			if n > s.limits.Line && bytes.IndexByte(b.buf[:n], '\n') < 0 {
				return s.skipLine(b)
			}
			continue
		}
		s.carry = append(s.carry, b.buf[whole:n]...)
		s.ended = eof
		if whole == 0 {
			return io.EOF
		}
		return s.hand(b, whole)
	}
}

// room grows the buffer to hold n bytes and the padding behind them.
func (b *block) room(n int) []byte {
	if n+fast.Padding > len(b.buf) {
		b.buf = append(b.buf, make([]byte, n+fast.Padding-len(b.buf))...)
	}
	return b.buf
}

// hand makes the first whole bytes of the buffer the block's lines.
func (s *source) hand(b *block, whole int) error {
	clear(b.buf[whole:min(whole+fast.Padding, len(b.buf))])
	b.data, b.line = b.buf[:whole], s.line
	if s.header != nil && s.cols == nil {
		for s.cols == nil && len(b.data) > 0 {
			end := s.next(b.data, 0, true)
			head := trimEnd(b.data[:end])
			b.line += int64(bytes.Count(b.data[:end], []byte("\n")))
			b.data = b.data[end:]
			if len(head) == 0 {
				continue
			}
			var err error
			if s.cols, err = s.header(head); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	b.columns = s.cols
	s.line += int64(bytes.Count(b.buf[:whole], []byte("\n")))
	return nil
}

// whole returns how many bytes of the data are whole lines; at the end of the log, all are.
func (s *source) whole(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	if s.header == nil || bytes.IndexByte(data, '"') < 0 {
		return bytes.LastIndexByte(data, '\n') + 1
	}
	for p := 0; ; {
		end := s.next(data, p, false)
		if end < 0 && len(data)-p > s.limits.Line {
			end = nextLine(data, p, false) // a quote that does not close
		}
		if end < 0 {
			return p
		}
		p = end
	}
}

// skipLine drops a line that is too long and hands it over as such.
func (s *source) skipLine(b *block) error {
	b.long, b.line, b.columns = true, s.line, s.cols
	s.line++
	for {
		n, eof, err := s.readUpTo(b.buf[:s.limits.Block])
		if err != nil {
			return err
		}
		if i := bytes.IndexByte(b.buf[:n], '\n'); i >= 0 {
			s.carry = append(s.carry, b.buf[i+1:n]...)
			return nil
		}
		if eof {
			s.ended = true
			return nil
		}
	}
}

// readUpTo fills the buffer unless the log ends before. A compressed log that breaks in the middle ends there.
func (s *source) readUpTo(buf []byte) (n int, eof bool, err error) {
	for n < len(buf) {
		got, err := s.data.Read(buf[n:])
		n += got
		switch {
		case err == io.EOF:
			return n, true, nil
		case err != nil && s.close != nil:
			s.broken = err
			return n, true, nil
		case err != nil:
			return n, false, fmt.Errorf("reading %s: %w", s.name, err)
		}
	}
	return n, false, nil
}

// begin opens the log and finds out, by its first bytes, how it is compressed.
func (s *source) begin() error {
	file, err := openFile(s.name)
	if err != nil {
		return err
	}
	s.file, s.line = file, 1
	counted := &counter{file, s.read}
	head := make([]byte, 8)
	n, err := io.ReadFull(counted, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return fmt.Errorf("reading %s: %w", s.name, err)
	}
	head = head[:n]
	all := io.MultiReader(bytes.NewReader(head), counted)
	starts := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case starts("\x1f\x8b"):
		z, err := gzip.NewReader(all)
		if err != nil {
			return cloison.Errorf(cloison.Invalid, "reading %s: it begins like gzip but is not: %w", s.name, err)
		}
		s.data, s.close = z, func() { z.Close() }
	case starts("\x28\xb5\x2f\xfd"):
		z, err := zstd.NewReader(all, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow),
			zstd.WithDecoderLowmem(true))
		if err != nil {
			return cloison.Errorf(cloison.Invalid, "reading %s: it begins like zstd but is not: %w", s.name, err)
		}
		s.data, s.close = z, z.Close
	case starts("\xfd7zXZ"), starts("BZh"), starts("PK\x03\x04"):
		return cloison.Errorf(cloison.Invalid, "reading %s: xz, bzip2 and zip are not read, only gzip and zstd; decompress it first",
			s.name)
	default:
		s.data, s.carry = counted, head
	}
	return nil
}

// mark returns the length of the byte order mark at the beginning of a log.
func (s *source) mark(data []byte) (int, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return 3, nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return 0, cloison.Errorf(cloison.Invalid, "reading %s: it is UTF-16; convert it to UTF-8, as with iconv -f UTF-16 -t UTF-8",
			s.name)
	default:
		return 0, nil
	}
}

func (s *source) end() {
	if s.close != nil {
		s.close()
	}
	if s.file != nil {
		s.file.Close()
	}
}

// counter counts the bytes that pass.
type counter struct {
	io.Reader
	n *atomic.Int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// trimEnd cuts one line end off.
func trimEnd(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// openFile opens a log; - is the standard input.
func openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, cloison.Errorf(cloison.NotFound, "%w", err)
	}
	return f, err
}
