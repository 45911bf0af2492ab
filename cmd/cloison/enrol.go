package main

import (
	"fmt"
	"io"
)

type enrolCommand struct {
	Account string `arg:"" help:"The account: its id, its e-mail address if no other account has it, or IDP/SUB."`
	Unbind  bool   `help:"Let another subject of the provider take the account: only when the person is there with a proof of identity."`
}

func (c *enrolCommand) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	account, err := a.Account(e.ctx, c.Account)
	if err != nil {
		return err
	}
	code, err := a.Approvals.IssueCode(e.ctx, account.ID, c.Unbind)
	if err != nil {
		return err
	}
	return e.report(map[string]string{"account": account.ID.String(), "code": code.Reveal()}, func(w io.Writer) {
		// An address can be another's than the operator thinks: say whose account it is.
		fmt.Fprintf(w, "%s\nFor %s, account %s: %s of %s.\nGive this code by hand; it works once, for seven days.\n",
			code.Reveal(), account.Name.OneLine().Reveal(), account.ID, account.Roles, account.Structure)
	})
}
