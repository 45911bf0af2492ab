package imports

import (
	"context"
	"io"
	"strconv"

	"cloison"
	"cloison/internal/suggest"
	"cloison/ledger/journal"
)

// Kind is what a file holds.
type Kind string

const (
	StructuresFile Kind = "structures" // code, siret, label, network, area, commune
	AccountsFile   Kind = "accounts"   // structure, name, email, idp, sub, roles, awareness_at, managers_course_at, created_at
	CaseloadFile   Kind = "caseload"   // idp, sub, person, since, until, means
	TrainingFile   Kind = "training"   // idp, sub, course, completed_at
)

// Format is how a file is written.
type Format string

const (
	Auto  Format = ""      // CSV or JSON Lines by the first character
	CSV   Format = "csv"   // RFC 4180 with a header line, separated by commas or semicolons; a record is one line
	JSONL Format = "jsonl" // one JSON object a line
)

// Options of an import. All may be zero.
type Options struct {
	// Windows1252 reads a CSV file in Windows-1252 (of which ISO 8859-1's French letters are a part) instead of UTF-8.
	Windows1252 bool
	// Progress gets the number of bytes read, after each batch and at the end.
	Progress func(bytes int64)
	// Refused gets each refused line, in order, numbered from 1. The reason says what would be right and holds
	// nothing of the line.
	Refused func(line int, reason string)
	// Followed gets, like Refused, each line that names a structure which was merged away, with what was done
	// instead.
	Followed func(line int, note string)
}

// Summary counts the lines of an import that are not empty, without the header.
type Summary struct {
	Lines   int `json:"lines"`
	Stored  int `json:"stored"` // in the directory now, new or not
	Refused int `json:"refused"`
	// Followed counts the lines of Stored that name a structure which is part of another one now.
	Followed int `json:"followed,omitempty"`
}

// batchLines is how many lines are stored in one transaction.
const batchLines = 2000

// Import stores a file of the operator. It streams: memory does not depend on the file's length. A wrong line is
// refused and reported, the others are stored. It is idempotent: run an import that failed half-way again.
//
// An Invalid error means that the file as a whole cannot be read and that nothing was stored: an unknown kind,
// another character set than UTF-8, a header without the right columns. Any other error comes from r or the store;
// the Summary says what was stored before it.
func (im *Importer) Import(ctx context.Context, kind Kind, r io.Reader, format Format, opts Options) (Summary, error) {
	var (
		sum Summary
		err error
	)
	switch kind {
	case StructuresFile:
		sum, err = importLines(ctx, r, format, opts, structureColumns(), parseStructure, im.importStructures)
	case AccountsFile:
		sum, err = importLines(ctx, r, format, opts, accountColumns(), im.parseAccount, im.importAccounts)
	case CaseloadFile:
		sum, err = importLines(ctx, r, format, opts, caseloadColumns(), im.parseAssignment, withoutNotes(im.store.ImportCaseload))
	case TrainingFile:
		sum, err = importLines(ctx, r, format, opts, trainingColumns(), im.parseAttestation, withoutNotes(im.attest))
	default:
		want := []string{string(StructuresFile), string(AccountsFile), string(CaseloadFile), string(TrainingFile)}
		return sum, cloison.Errorf(cloison.Invalid, "no import of this name%s", suggest.DidYouMean(string(kind), want))
	}
	if sum.Stored > 0 {
		im.directory.Record(ctx, journal.Event{Code: "import." + string(kind), Detail: map[string]string{"stored": strconv.Itoa(sum.Stored),
			"refused": strconv.Itoa(sum.Refused)}})
	}
	return sum, err
}

// outcome is what became of a batch, by line: why the line was refused, and what else to report of it.
type outcome struct {
	refused []error
	notes   []string
}

// withoutNotes stores lines that name no structure, of which there is nothing else to report.
func withoutNotes[T any](store func(context.Context, []T) ([]error, error)) func(context.Context, []T) (outcome, error) {
	return func(ctx context.Context, batch []T) (outcome, error) {
		refused, err := store(ctx, batch)
		return outcome{refused, make([]string, len(batch))}, err
	}
}

// importLines is the loop of every import: it makes values of lines, and batches of values. parse returns why a line
// is refused, or "".
func importLines[T any](ctx context.Context, r io.Reader, format Format, opts Options, columns []Column,
	parse func(rec []string) (T, string), store func(context.Context, []T) (outcome, error)) (Summary, error) {

	var (
		sum   Summary
		taken int // lines since the last flush: bad and good
		bad   []refusal
		moved []refusal // followed
		good  []T
		at    []int // the line of each good
	)
	lines, err := OpenLines(r, format, opts.Windows1252, columns)
	if err != nil {
		return sum, err
	}
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(good) > 0 {
			done, err := store(ctx, good)
			if err != nil {
				return err
			}
			for i, why := range done.refused {
				if why != nil {
					bad = append(bad, refusal{at[i], why.Error()})
				} else if done.notes[i] != "" {
					moved = append(moved, refusal{at[i], done.notes[i]})
				}
			}
		}
		sum.Lines += taken
		sum.Refused += len(bad)
		sum.Stored = sum.Lines - sum.Refused
		sum.Followed += len(moved)
		report(bad, opts.Refused)
		report(moved, opts.Followed)
		if opts.Progress != nil {
			opts.Progress(lines.read.bytes)
		}
		taken, bad, moved, good, at = 0, bad[:0], moved[:0], good[:0], at[:0]
		return nil
	}
	for {
		rec, why, err := lines.Next()
		if err == io.EOF {
			return sum, flush()
		}
		if err != nil {
			return sum, cloison.Errorf(cloison.Unavailable, "read line %d: %w", lines.Number, err)
		}
		var v T
		if why == "" {
			v, why = parse(rec)
		}
		if why != "" {
			bad = append(bad, refusal{lines.Number, why})
		} else {
			good, at = append(good, v), append(at, lines.Number)
		}
		if taken++; taken == batchLines {
			if err := flush(); err != nil {
				return sum, err
			}
		}
	}
}
