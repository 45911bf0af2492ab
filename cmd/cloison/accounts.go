package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
)

type accountsCommand struct {
	Structure string `help:"Only the accounts of this structure." placeholder:"S"`
	Role      string `help:"Only accounts with one of these roles." placeholder:"ROLE[,ROLE]"`
	State     string `help:"Only accounts in this state: pending, active, suspended or closed."`
	Words     string `help:"Only accounts whose name or e-mail address holds each of these words." placeholder:"WORDS"`
	Limit     int    `default:"50" help:"How many to list; 0 is all."`
}

// listedAccount is one line of the list. It names an agent: this command is for the operator, who holds the database.
type listedAccount struct {
	ID        cloison.AccountID   `json:"id"`
	Structure cloison.StructureID `json:"structure"`
	Name      string              `json:"name"`
	Email     string              `json:"email"`
	Roles     []string            `json:"roles"`
	State     string              `json:"state"`
	IdP       string              `json:"idp,omitempty"`
	Sub       string              `json:"sub,omitempty"`
	LastSeen  time.Time           `json:"last_seen,omitzero"`
}

func (c *accountsCommand) Run(e *env) error {
	search := directory.Search{Structure: cloison.StructureID(c.Structure), Words: c.Words, State: c.State}
	if c.State != "" {
		if _, ok := directory.ParseState(c.State); !ok {
			return cloison.Errorf(cloison.Invalid, "--state: want pending, active, suspended or closed")
		}
	}
	if c.Role != "" {
		var err error
		if search.Roles, err = directory.ParseRoles(c.Role); err != nil {
			return fmt.Errorf("--role: %w", err)
		}
	}
	h, err := e.open()
	if err != nil {
		return err
	}
	defer h.Close()
	list, more := []listedAccount{}, false
	for done := false; !done; {
		search.Limit = 1000
		if c.Limit > 0 {
			search.Limit = min(search.Limit, c.Limit-len(list)+1) // one more tells whether there are others
		}
		page, err := h.Store.FindAccounts(e.ctx, search)
		if err != nil {
			return err
		}
		for _, a := range page {
			if c.Limit > 0 && len(list) == c.Limit {
				more = true
				break
			}
			list = append(list, listedAccount{a.ID, a.Structure, a.Name.OneLine().Reveal(), a.Email.OneLine().Reveal(), a.Roles.Names(), a.State.String(),
				a.Binding.IdP, a.Binding.Sub, a.LastSeen})
			search.After = a.ID
		}
		done = more || len(page) < search.Limit
	}
	return e.report(map[string]any{"accounts": list, "more": more}, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, "No account is so. cloison import accounts FILE brings them in.")
			return
		}
		fmt.Fprintf(w, "%-14s %-12s %-10s %-20s %-36s %s\n", "account", "structure", "state", "roles", "e-mail", "name")
		for _, a := range list {
			fmt.Fprintf(w, "%-14s %-12s %-10s %-20s %-36s %s\n", a.ID, a.Structure, a.State, strings.Join(a.Roles, ","), a.Email, a.Name)
		}
		if more {
			fmt.Fprintf(w, "… and others: narrow the search, or --limit 0.\n")
		}
	})
}
