package main

import (
	"fmt"
	"io"
	"time"

	"cloison"
	"cloison/incident/contain"
)

type containCommand struct {
	Account string `arg:"" help:"The account: its id, its e-mail address, or IDP/SUB."`
	Since   string `help:"Presumed compromise (RFC 3339, or a date); without it three weeks ago." placeholder:"T"`
	Preview bool   `help:"Say what would be cut, and cut nothing."`
	Reason  string `default:"operator" help:"A word for the record; no personal data."`
}

// planned is a preview or a cut as the verb reports it.
type planned struct {
	Cut       cloison.ActID     `json:"cut,omitzero"`
	Root      cloison.AccountID `json:"root"`
	Since     time.Time         `json:"since"`
	Accounts  []plannedAccount  `json:"accounts"`
	Look      []plannedAccount  `json:"look"` // had a hand in it and are not cut
	Sessions  int               `json:"sessions"`
	Proposals int               `json:"proposals"`
	Codes     int               `json:"codes"`
}

type plannedAccount struct {
	Account cloison.AccountID `json:"account"`
	How     string            `json:"how"`
	From    cloison.AccountID `json:"from,omitzero"`
	State   string            `json:"state,omitempty"`
}

func (c *containCommand) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	since, err := parseMoment("--since", c.Since)
	if err != nil {
		return err
	}
	account, err := a.Account(e.ctx, c.Account)
	if err != nil {
		return err
	}
	container := a.Container()
	plan, err := container.Preview(e.ctx, account.ID, since)
	if err != nil {
		return err
	}
	out := describe(plan)
	if !c.Preview {
		cut, err := container.Cut(e.ctx, cloison.Operator(), account.ID, since, c.Reason)
		if err != nil {
			return err
		}
		out.Cut, out.Sessions, out.Proposals, out.Codes = cut.ID, cut.Effect.Sessions, cut.Effect.Proposals, cut.Effect.Codes
	}
	return e.report(out, out.print)
}

func describe(p contain.Plan) planned {
	out := planned{Root: p.Root, Since: p.Since, Sessions: len(p.Sessions), Proposals: len(p.Proposals),
		Accounts: []plannedAccount{}, Look: []plannedAccount{}}
	for _, b := range p.Accounts {
		out.Accounts = append(out.Accounts, plannedAccount{b.Account.ID, b.How, b.From, b.Account.State.String()})
	}
	for _, l := range p.Review {
		out.Look = append(out.Look, plannedAccount{Account: l.Account, How: l.How, From: l.Of})
	}
	return out
}

func (p planned) print(w io.Writer) {
	verb := "would be cut"
	if p.Cut != 0 {
		verb = "cut as " + p.Cut.String()
	}
	fmt.Fprintf(w, "%d accounts %s, with %d sessions and %d proposals, since %s:\n", len(p.Accounts), verb, p.Sessions, p.Proposals,
		p.Since.Format(time.RFC3339))
	for _, a := range p.Accounts {
		fmt.Fprintf(w, "  %s %-12s %s\n", a.Account, a.How, a.State)
	}
	for _, l := range p.Look {
		fmt.Fprintf(w, "Look at %s, who %s %s: it is not cut.\n", l.Account, l.How, l.From)
	}
}
