package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"cloison"
	"cloison/incident/accesslog"
	"cloison/incident/exposure"
)

type exposureCommand struct {
	From     []string `help:"Access logs to read: files, globs, or - for standard input. Without it the ledger is read." placeholder:"LOG" sep:"none"`
	Logs     []string `arg:"" optional:"" help:"More logs, after --from."`
	Map      string   `help:"What the log's fields mean (YAML)." placeholder:"MAP.yaml"`
	Accounts []string `help:"An account; repeat for each." placeholder:"A" sep:"none"`
	Incident string   `help:"The cut whose accounts are meant; instead of --accounts." placeholder:"ID"`
	Since    string   `help:"From this moment on (RFC 3339, or a date)." placeholder:"T"`
	Until    string   `help:"Before this moment (RFC 3339, or a date)." placeholder:"T"`
	Verify   bool     `default:"true" negatable:"" help:"Check the ledger's seals first, so that the roll can say what is proven."`
	Universe int64    `help:"How many persons the tool holds: those who are not in the roll are then counted as excluded." placeholder:"N"`
	Roll     string   `help:"Write the roll, one line a person and account, to this CSV file." placeholder:"OUT.csv"`
}

func (c *exposureCommand) Run(e *env) error {
	q := exposure.Query{Accounts: c.Accounts, Universe: c.Universe}
	var err error
	if q.Since, err = parseMoment("--since", c.Since); err != nil {
		return err
	}
	if q.Until, err = parseMoment("--until", c.Until); err != nil {
		return err
	}
	var roll *exposure.Roll
	if len(c.Logs) > 0 && len(c.From) == 0 {
		return cloison.Errorf(cloison.Invalid, "write --from before the first log")
	}
	if len(c.From) > 0 {
		roll, err = c.fromLogs(e, q)
	} else {
		roll, err = c.fromLedger(e, q)
	}
	if err != nil {
		return err
	}
	if c.Roll != "" {
		if err := writeRoll(c.Roll, roll); err != nil {
			return err
		}
		e.say("roll written to %s", c.Roll)
	}
	return e.report(roll, func(w io.Writer) { printRoll(w, roll) })
}

func (c *exposureCommand) fromLogs(e *env, q exposure.Query) (*exposure.Roll, error) {
	if c.Map == "" {
		return nil, cloison.Errorf(cloison.Invalid, "--from needs --map FILE: what the log's fields mean (see docs/operate/access-logs.md)")
	}
	f, err := os.Open(c.Map)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "--map: %w", err)
	}
	defer f.Close()
	m, err := accesslog.ReadMap(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Map, err)
	}
	progress, finish := e.progress("reading")
	defer finish()
	return exposure.FromLogs(e.ctx, append(c.From, c.Logs...), m, q, progress)
}

func (c *exposureCommand) fromLedger(e *env, q exposure.Query) (*exposure.Roll, error) {
	a, err := e.open()
	if err != nil {
		return nil, err
	}
	defer a.Close()
	if c.Incident != "" {
		id, err := cloison.ParseActID(c.Incident)
		if err != nil {
			return nil, err
		}
		cut, err := a.Store.CutByID(e.ctx, id)
		if err != nil {
			return nil, err
		}
		for _, a := range cut.Accounts {
			q.Accounts = append(q.Accounts, a.String())
		}
		if q.Since.IsZero() {
			q.Since = cut.Since
		}
	}
	if c.Verify {
		if q.Verified, err = a.Verified(e.ctx); err != nil {
			return nil, err
		}
	}
	return exposure.FromLedger(e.ctx, a.Store, q)
}

// parseMoment reads an instant; a date alone is its first moment in UTC.
func parseMoment(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, cloison.Errorf(cloison.Invalid, "%s: %q is not a moment: write 2025-12-01T08:00:00+01:00 or 2025-12-01", flag, s)
}

func writeRoll(name string, roll *exposure.Roll) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // personal data: nobody else reads it
	if err != nil {
		return cloison.Errorf(cloison.Invalid, "--roll: %w", err)
	}
	if err := roll.WriteCSV(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func printRoll(w io.Writer, r *exposure.Roll) {
	fmt.Fprintf(w, "%s persons were shown, in %s rows", count(r.Persons), count(r.Rows))
	if !r.First.IsZero() {
		fmt.Fprintf(w, ", from %s to %s", r.First.Format(time.RFC3339), r.Last.Format(time.RFC3339))
	}
	fmt.Fprintln(w, ".")
	for _, f := range slices.Sorted(maps.Keys(r.PerField)) {
		fmt.Fprintf(w, "  %-14s %12s persons\n", f, count(r.PerField[f]))
	}
	for _, a := range slices.Sorted(maps.Keys(r.PerAccount)) {
		fmt.Fprintf(w, "  account %-24s %12s persons, %s rows\n", a, count(r.PerAccount[a]), count(r.PerAccountRows[a]))
	}
	if r.Lines > 0 {
		fmt.Fprintf(w, "%s lines read, %s could not be parsed.\n", count(r.Lines), count(r.Unparsed))
		for _, b := range r.UnparsedShown {
			fmt.Fprintf(w, "  %s line %d: %s\n", b.File, b.Line, b.Reason)
		}
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(w, "In doubt: %s %s %s\n", g.Kind, formatOpen(g.From), formatOpen(g.To))
	}
}

func formatOpen(t time.Time) string {
	if t.IsZero() {
		return "…"
	}
	return t.Format(time.RFC3339)
}

// count writes 1600000 as 1 600 000.
func count[N int | int32 | int64](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// progress draws a bar on standard error when a person watches; else it says nothing.
func (e *env) progress(what string) (report func(done, total int64), finish func()) {
	f, ok := e.Stderr.(*os.File)
	if !ok {
		return nil, func() {}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil, func() {}
	}
	bars := mpb.New(mpb.WithOutput(f), mpb.WithWidth(48))
	bar := bars.AddBar(0, mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f"), decor.Name(" "), decor.EwmaETA(decor.ET_STYLE_GO, 30)))
	return func(done, total int64) { bar.SetTotal(total, false); bar.SetCurrent(done) },
		func() { bar.SetTotal(-1, true); bars.Wait() }
}
