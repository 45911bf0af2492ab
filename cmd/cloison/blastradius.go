package main

import (
	"fmt"
	"io"

	"cloison"
	"cloison/wall/disclose"
)

type blastRadiusCommand struct {
	Account   string `help:"One account: its id, its e-mail address, or IDP/SUB." placeholder:"A"`
	Structure string `help:"One structure's accounts." placeholder:"S"`
	Limit     int    `default:"20" help:"How many to list; 0 is all."`
}

func (c *blastRadiusCommand) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	var reaches []disclose.Radius
	if c.Account != "" {
		account, err := a.Account(e.ctx, c.Account)
		if err != nil {
			return err
		}
		r, err := a.Gauge().Of(e.ctx, account.ID)
		if err != nil {
			return err
		}
		reaches = []disclose.Radius{r}
	} else if reaches, err = a.Gauge().Widest(e.ctx, cloison.StructureID(c.Structure)); err != nil {
		return err
	}
	total := len(reaches)
	if c.Limit > 0 && total > c.Limit {
		reaches = reaches[:c.Limit]
	}
	document := map[string]any{"accounts": reaches, "total": total}
	return e.report(document, func(w io.Writer) {
		fmt.Fprintf(w, "%-14s %-12s %9s %12s %15s %9s\n", "account", "structure", "persons", "unexplained", "whole lineage", "accounts")
		for _, r := range reaches {
			fmt.Fprintf(w, "%-14s %-12s %9d %12d %15d %9d\n", r.Account, r.Structure, r.Persons, r.Unexplained, r.Together, r.Members)
		}
		if total > len(reaches) {
			fmt.Fprintf(w, "… and %s more accounts, none wider.\n", count(total-len(reaches)))
		}
	})
}
