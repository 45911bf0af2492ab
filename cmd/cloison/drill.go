package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"cloison"
	"cloison/internal/app"
	"cloison/internal/drill"
)

type drillCommand struct {
	List drillList `cmd:"" help:"List the attacks that can be replayed."`
	Run  drillRun  `cmd:"" help:"Replay one."`
}

type drillList struct{}

func (drillList) Run(e *env) error {
	return e.report(drill.Catalogue(), func(w io.Writer) {
		for _, s := range drill.Catalogue() {
			fmt.Fprintf(w, "%s: %s\n  after %s\n  strengths: %s; ATT&CK %s\n", s.Name, s.Title, s.After, strings.Join(s.Strengths, ", "),
				strings.Join(s.Techniques, ", "))
		}
	})
}

type drillRun struct {
	Name     string `arg:"" help:"The attack: see cloison drill list."`
	Strength string `default:"accomplice" help:"What the attacker holds."`
	Target   string `help:"URL of a running console; without it a world is made for the drill." placeholder:"URL"`
	Actors   string `help:"With --target: the YAML file that says who attacks (see docs/operate/drills.md)." placeholder:"FILE"`
	Persons  int    `default:"40000" help:"Without --target: how many files the tool holds." placeholder:"N"`
}

func (c *drillRun) Run(e *env) error {
	report, err := c.play(e)
	if err != nil {
		return err
	}
	err = e.report(report, func(w io.Writer) {
		printComparison(w, &demoReport{PersonsTotal: int(report.PersonsTotal), Drills: []*drill.Report{report}})
	})
	if err == nil && !report.Pass {
		return errFound
	}
	return err
}

func (c *drillRun) play(e *env) (*drill.Report, error) {
	log := app.NewLogger(e.Stderr, slog.LevelError)
	if c.Target != "" {
		f, err := os.Open(c.Actors)
		if err != nil {
			return nil, cloison.Errorf(cloison.Invalid, "--actors: %w", err)
		}
		defer f.Close()
		file, err := drill.ReadFile(f)
		if err != nil {
			return nil, err
		}
		stage, err := file.World(e.ctx, strings.TrimSuffix(c.Target, "/"))
		if err != nil {
			return nil, err
		}
		stage.BareTime, stage.BarePersons = drill.BareTime, drill.BarePersons
		return drill.Run(e.ctx, stage, c.Name, c.Strength, log)
	}
	return c.inOwnWorld(e, log)
}
