//go:build !slim

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloison"
	"cloison/access/explanation"
	"cloison/internal/app"
	"cloison/internal/demo"
	"cloison/internal/demo/network"
	"cloison/internal/drill"
)

// demoVerbs is the verbs that a slim binary (go build -tags slim) lacks.
type demoVerbs struct {
	Demo demoCommand `cmd:"" help:"The whole world on one machine: December 2025 without and with Cloison."`
}

type demoCommand struct {
	Persons int    `default:"1600000" help:"How many files the tool holds." placeholder:"N"`
	Dir     string `help:"Keep everything here: config, database, log. Without it a temporary directory, removed at the end." placeholder:"D" type:"path"`
	Once    bool   `help:"Replay, report and exit; without it the demo goes on serving."`
}

func (c *demoCommand) Run(e *env) error {
	if c.Persons < 4000 {
		return cloison.Errorf(cloison.Invalid, "--persons: want at least 4 000, so that there are towns and teams")
	}
	start := time.Now()
	dir, remove, err := c.directory()
	if err != nil {
		return err
	}
	defer remove()
	log := app.NewLogger(e.Stderr, slog.LevelError)
	e.say("A French network of %s files is being set up: structures, agents, caseloads, provider, tool, Cloison.", count(c.Persons))
	w, err := demo.New(e.ctx, demo.Options{Dir: dir, Persons: c.Persons, FixedPorts: !c.Once}, log, e.Now)
	if err != nil {
		return err
	}
	defer w.Close()
	ctx, stop := context.WithCancel(e.ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	report, err := c.replay(ctx, e, w)
	if err != nil {
		stop()
		<-ended
		return err
	}
	report.Seconds = time.Since(start).Seconds()
	if err := e.report(report, func(out io.Writer) { printComparison(out, report) }); err != nil {
		return err
	}
	if !c.Once {
		if err := c.visit(ctx, e, w); err != nil {
			return err
		}
		select {
		case <-e.ctx.Done():
		case err := <-ended:
			return err
		}
	}
	stop()
	<-ended
	for _, d := range report.Drills {
		if !d.Pass {
			return errFound
		}
	}
	return nil
}

func (c *demoCommand) directory() (dir string, remove func(), err error) {
	if c.Dir != "" {
		return c.Dir, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "cloison-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// replay loads the network, gives the people their keys and plays the attack in every strength.
func (c *demoCommand) replay(ctx context.Context, e *env, w *demo.World) (*demoReport, error) {
	if err := w.Load(ctx, func(what string, lines int) { e.say("  %12s %s", count(lines), what) }); err != nil {
		return nil, err
	}
	stage, err := w.DrillWorld(ctx)
	if err != nil {
		return nil, err
	}
	report := &demoReport{PersonsTotal: c.Persons}
	for _, strength := range drill.Catalogue()[0].Strengths {
		e.say("The attack of 1 December 2025, strength “%s”…", strength)
		r, err := drill.Run(ctx, stage, drill.Catalogue()[0].Name, strength, w.Log)
		if err != nil {
			return nil, fmt.Errorf("drill %s: %w", strength, err)
		}
		report.Drills = append(report.Drills, r)
	}
	return report, w.Sealed(ctx)
}

// visit prints what to open and as whom: all that a sign-in asks for, and a fresh enrolment code for each.
func (c *demoCommand) visit(ctx context.Context, e *env, w *demo.World) error {
	structure := w.MailStructure(1)
	roles := []network.Role{network.Adviser, network.Manager, network.Approver, network.Officer}
	people, err := w.Cast(ctx, structure, roles...)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "\nCloison now serves. Open in a browser of this machine:\n\n  console  %s\n  tool     %s   (behind Cloison)\n  bare     %s   (the same tool without Cloison)\n\n"+
		"Sign in on the console with e-mail, password and second factor; then type the enrolment code, which works once.\n"+
		"The replay has given two of them a passkey already: where the page asks for it, follow its link to the code.\n",
		w.URLs[demo.Console], w.URLs[demo.Tool], w.URLs[demo.Bare])
	for _, role := range roles {
		p := people[role]
		code, err := w.App.Approvals.IssueCode(ctx, p.Account.ID, false)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "\n  as %s\n    e-mail          %s\n    password        %s\n    second factor   %s\n    enrolment code  %s\n",
			role, p.Agent.Email, p.Agent.Password, w.SecondFactor(p.Agent), code.Reveal())
	}
	stranger, err := w.Stranger(ctx, structure, people[network.Adviser].Account)
	if err != nil {
		return err
	}
	person := string(stranger) // invented, and its redacted form would be of no use in a command
	fmt.Fprintf(e.Stdout, "\nPerson %s of that adviser’s structure is somebody else’s. At the desk they read out the code that their own site shows to them:\n\n"+
		"  curl -s -H \"Authorization: Bearer $(cat %s)\" -d '{\"person\":\"%s\"}' %s%s\n\nThe adviser types it at %s%s, and opens the file until the evening.\n",
		person, quoted(filepath.Join(w.Dir, demo.SiteSecret)), person, w.URLs[demo.Desk], explanation.CodesPath, w.URLs[demo.Console], "/dossier")
	fmt.Fprintf(e.Stdout, "\nEverything is in %s; every command works on it with --config %s. Ctrl-C ends.\n", w.Dir,
		quoted(filepath.Join(w.Dir, "cloison.yaml")))
	return nil
}

// inOwnWorld plays the attack in a world that is made for it.
func (c *drillRun) inOwnWorld(e *env, log *slog.Logger) (*drill.Report, error) {
	dir, err := os.MkdirTemp("", "cloison-drill-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	w, err := demo.New(e.ctx, demo.Options{Dir: dir, Persons: c.Persons}, log, e.Now)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	ctx, stop := context.WithCancel(e.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	defer func() { stop(); <-ended }()
	if err := w.Load(ctx, func(string, int) {}); err != nil {
		return nil, err
	}
	stage, err := w.DrillWorld(ctx)
	if err != nil {
		return nil, err
	}
	return drill.Run(ctx, stage, c.Name, c.Strength, log)
}

// quoted writes a path as one word of a shell's command line.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }
