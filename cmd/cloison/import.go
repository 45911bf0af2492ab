package main

import (
	"fmt"
	"io"
	"os"

	"cloison"
	"cloison/access/imports"
)

type importCommand struct {
	Kind        string `arg:"" enum:"structures,accounts,caseload,training" help:"What the file holds: structures, accounts, caseload or training."`
	File        string `arg:"" help:"CSV or JSON Lines; - for standard input."`
	Format      string `enum:"auto,csv,jsonl" default:"auto" help:"auto, csv or jsonl."`
	Windows1252 bool   `name:"windows-1252" help:"The CSV file is in Windows-1252, not UTF-8."`
}

// refusedLine is one line that was not stored.
type refusedLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// followedLine is one line that named a structure which was merged away.
type followedLine struct {
	Line int    `json:"line"`
	Note string `json:"note"`
}

// maxListed bounds the lines of one report; all are counted.
const maxListed = 10_000

func (c *importCommand) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	in, size, err := c.open(e)
	if err != nil {
		return err
	}
	defer in.Close()
	progress, finish := e.progress("importing")
	result := struct {
		imports.Summary
		Lines    []refusedLine  `json:"refused_lines"`
		Followed []followedLine `json:"followed_lines,omitempty"`
	}{Lines: []refusedLine{}}
	format := imports.Format(c.Format)
	if c.Format == "auto" {
		format = imports.Auto
	}
	result.Summary, err = a.Imports.Import(e.ctx, imports.Kind(c.Kind), in, format, imports.Options{
		Windows1252: c.Windows1252,
		Progress: func(done int64) {
			if progress != nil {
				progress(done, size)
			}
		},
		Refused: func(line int, reason string) {
			if len(result.Lines) < maxListed {
				result.Lines = append(result.Lines, refusedLine{line, reason})
			}
		},
		Followed: func(line int, note string) {
			if len(result.Followed) < maxListed {
				result.Followed = append(result.Followed, followedLine{line, note})
			}
		},
	})
	finish()
	if err != nil {
		return err
	}
	err = e.report(result, func(w io.Writer) {
		fmt.Fprintf(w, "%s lines read, %s stored, %s refused.\n", count(result.Summary.Lines), count(result.Stored), count(result.Refused))
		for _, r := range result.Lines {
			fmt.Fprintf(w, "  line %d: %s\n", r.Line, r.Reason)
		}
		for _, f := range result.Followed {
			fmt.Fprintf(w, "  line %d: %s\n", f.Line, f.Note)
		}
	})
	if err == nil && result.Refused > 0 {
		return errFound
	}
	return err
}

func (c *importCommand) open(e *env) (io.ReadCloser, int64, error) {
	if c.File == "-" {
		return io.NopCloser(e.Stdin), 0, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, 0, cloison.Errorf(cloison.Invalid, "import: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
