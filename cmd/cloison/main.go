// Command cloison is the program: one file a command, and the program as a value that tests start whole.
//
// Exit codes: 0 all is well, 1 it failed or found something, 2 wrong usage. With --json a reporting verb writes one
// JSON document to standard output and everything else to standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // legal time must be known on a machine without zones

	"github.com/alecthomas/kong"

	"cloison"
	"cloison/internal/app"
	"cloison/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &Program{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now}
	code := p.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// Program is the whole of cloison with its surroundings as parameters.
type Program struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
}

// grammar is the command line. Each verb's type and its Run are in the verb's own file.
type grammar struct {
	Config string `help:"Config file; without it cloison.yaml, or the embedded defaults." placeholder:"FILE" type:"path"`
	JSON   bool   `help:"Write one JSON document to standard output."`

	demoVerbs

	Serve       serveCommand       `cmd:"" help:"Run the gateway and the console."`
	Check       checkCommand       `cmd:"" help:"Explain and check the config."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the store's schema to this version."`
	Import      importCommand      `cmd:"" help:"Import structures, accounts or caseloads: CSV or JSON Lines."`
	Accounts    accountsCommand    `cmd:"" help:"List accounts: id, structure, state, roles, e-mail address, name."`
	Enrol       enrolCommand       `cmd:"" help:"Issue an enrolment code for an account, to be given by hand."`
	Drill       drillCommand       `cmd:"" help:"Replay an attack over HTTP against a running Cloison."`
	BlastRadius blastRadiusCommand `cmd:"" help:"The most that can still leave, widest account first."`
	Contain     containCommand     `cmd:"" help:"Cut an account with all that it created."`
	Exposure    exposureCommand    `cmd:"" help:"Whose data was read: from the ledger, or from any access log."`
	Ledger      ledgerCommand      `cmd:"" help:"Verify the ledger, prove one row, print the checkpoint."`
}

// env is what a verb's Run is given.
type env struct {
	*Program
	ctx        context.Context
	configPath string
	json       bool
}

// open reads the config and opens the store for a verb.
func (e *env) open() (*app.App, error) {
	c, err := config.Load(e.configPath)
	if err != nil {
		return nil, err
	}
	return app.Open(e.ctx, c, app.NewLogger(e.Stderr, slog.LevelWarn), e.Now, false)
}

// found is the error of a verb that did its work and found something wrong: exit code 1, message already written.
var errFound = errors.New("found something")

// Run parses and runs one command line and returns the exit code.
func (p *Program) Run(ctx context.Context, args []string) int {
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("cloison"),
		kong.Description("Keeps one stolen account from becoming a million-person breach."),
		kong.Writers(p.Stdout, p.Stderr),
		kong.UsageOnError(),
		kong.Exit(func(int) { panic(errHelp) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(p.Stderr, "cloison:", err)
		return 2
	}
	command, done, err := parse(parser, args)
	if done {
		return 0
	}
	if err != nil {
		parser.FatalIfErrorf(nil)
		fmt.Fprintf(p.Stderr, "cloison: %v\nTry: cloison --help\n", err)
		return 2
	}
	err = command.Run(&env{Program: p, ctx: ctx, configPath: g.Config, json: g.JSON})
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFound):
		return 1
	}
	fmt.Fprintln(p.Stderr, "cloison:", err)
	if cloison.KindOf(err) == cloison.Invalid {
		return 2
	}
	return 1
}

var errHelp = errors.New("help was printed")

// parse turns kong's exit after --help into a value.
func parse(parser *kong.Kong, args []string) (command *kong.Context, done bool, err error) {
	defer func() {
		if r := recover(); r == errHelp {
			done = true
		} else if r != nil {
			panic(r)
		}
	}()
	command, err = parser.Parse(args)
	return command, false, err
}

// report writes the verb's document: as JSON, or by the function that writes it for people.
func (e *env) report(document any, people func(w io.Writer)) error {
	if !e.json {
		people(e.Stdout)
		return nil
	}
	out := json.NewEncoder(e.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(document)
}

// say writes a message about the work, never a result.
func (e *env) say(format string, args ...any) { fmt.Fprintf(e.Stderr, format+"\n", args...) }
