package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// tileJob is one tile of 256 leaves (or less at the right edge) to be checked, with those of its rows that were read.
type tileJob struct {
	tile   int64
	width  int
	parent tlog.Hash // the root over the tile that the checkpoint covers
	proved bool      // whether parent is known
	late   bool      // the tile was checked before; these rows came out of order
	rows   []Row
}

// span is a range of row numbers, both ends included.
type span struct{ first, last int64 }

// maxSpans bounds how many gaps are remembered in case their rows come later.
const maxSpans = 1024

// tileReader reads the row stream, follows the numbers, and sorts it into tile jobs. Every tile of the log becomes a job,
// also those without rows.
type tileReader struct {
	v       *verifier
	want    int64  // the next number
	below   int64  // the last number seen below From
	missing []span // gaps so far, ascending
	next    int64  // the next tile to be emitted
	job     *tileJob
	spare   sync.Pool // checked jobs, whose memory is used again
}

func (c *tileReader) read(ctx context.Context, emit func(*tileJob)) error {
	size := c.v.checkpoint.Size
	for row, err := range c.v.log.Rows {
		if err != nil {
			return err
		}
		if c.v.rows++; c.v.rows%tileWidth == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !c.follow(row.Seq) {
			continue
		}
		if row.Seq > size {
			c.v.pending++
			continue
		}
		tile := (row.Seq - 1) / tileWidth
		switch {
		case tile < c.next:
			job := c.newJob(tile)
			job.late = true
			job.rows = append(job.rows, row)
			emit(job)
			continue
		case c.job == nil || c.job.tile != tile:
			c.emitBefore(tile, emit)
			c.job = c.newJob(tile)
		}
		c.job.rows = append(c.job.rows, row)
	}
	c.emitBefore((size+tileWidth-1)/tileWidth, emit)
	if c.want <= size { // the end is missing too
		c.missing = append(c.missing, span{c.want, size})
	}
	c.nameMissing(0)
	return nil
}

// emitBefore emits the current job and the tiles without rows up to tile, which stays.
func (c *tileReader) emitBefore(tile int64, emit func(*tileJob)) {
	for c.next < tile {
		job := c.job
		if job == nil || job.tile != c.next {
			job = c.newJob(c.next)
		} else {
			c.job = nil
		}
		emit(job)
		c.next++
	}
}

func (c *tileReader) newJob(tile int64) *tileJob {
	job, ok := c.spare.Get().(*tileJob)
	if !ok {
		job = &tileJob{rows: make([]Row, 0, tileWidth)}
	}
	*job = tileJob{tile: tile, width: widthOf(0, tile, c.v.checkpoint.Size), rows: job.rows[:0]}
	job.parent, job.proved = c.v.tree.parent(tile)
	return job
}

// follow checks a row's number against those before and reports whether the row itself is to be checked.
func (c *tileReader) follow(seq int64) bool {
	fault := func(kind Kind, detail string) { c.v.fault(Fault{Kind: kind, Seq: seq, Last: seq, Detail: detail}) }
	switch {
	case seq < 1:
		fault(RowAdded, fmt.Sprintf("rows are numbered from 1, this one is %d", seq))
		return false
	case seq == c.want:
		c.want++
	case seq > c.want:
		c.missing = append(c.missing, span{c.want, seq - 1})
		c.nameMissing(maxSpans)
		c.want = seq + 1
	case c.fill(seq):
		fault(RowMoved, fmt.Sprintf("it comes after row %d", c.want-1))
	case seq < c.v.log.From && seq > c.below:
		c.below = seq
	default:
		fault(RowAdded, "another row has the same number")
		return false
	}
	return true
}

// fill takes a number out of the gaps and reports whether it was in one.
func (c *tileReader) fill(seq int64) bool {
	for i, s := range c.missing {
		if seq < s.first || seq > s.last {
			continue
		}
		var rest []span
		if s.first < seq {
			rest = append(rest, span{s.first, seq - 1})
		}
		if seq < s.last {
			rest = append(rest, span{seq + 1, s.last})
		}
		c.missing = slices.Replace(c.missing, i, i+1, rest...)
		return true
	}
	return false
}

// nameMissing reports the oldest gaps until at most keep are left.
func (c *tileReader) nameMissing(keep int) {
	for len(c.missing) > keep {
		s := c.missing[0]
		c.missing = c.missing[1:]
		detail := "no row has this number"
		if s.first < s.last {
			detail = fmt.Sprintf("none of these %d rows is there", s.last-s.first+1)
		}
		c.v.fault(Fault{Kind: RowMissing, Seq: s.first, Last: s.last, Detail: detail})
	}
}
