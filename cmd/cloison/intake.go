package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"cloison"
	"cloison/access/directory"
	"cloison/access/provisioning"
)

// IntakeConfig is where machines tell who joins, who leaves and who completed a course. Without an address it is
// closed.
type Intake struct {
	Listen    string         `yaml:"listen"`
	URL       string         `yaml:"url"`        // under which the machines reach it
	PerMinute int            `yaml:"per_minute"` // requests of one client
	Clients   []IntakeClient `yaml:"clients"`
}

// IntakeClient is one machine. Its account has the role source or network_source, which the operator imports; its
// structure and reach are that account's.
type IntakeClient struct {
	Name          string            `yaml:"name"`
	Kind          string            `yaml:"kind"`            // scim or xapi
	Account       string            `yaml:"account"`         // its id, or its e-mail address
	TokenFile     string            `yaml:"token_file"`      // 32 bytes at least
	NextTokenFile string            `yaml:"next_token_file"` // good beside the first while the machine is changed over
	Roles         []string          `yaml:"roles"`           // scim: of newcomers for whom the machine names none
	Courses       map[string]string `yaml:"courses"`         // xapi: activity → awareness or managers
	Platforms     map[string]string `yaml:"platforms"`       // xapi: homePage of its actors → idp_id
}

func (c Intake) check() error {
	switch {
	case c.Listen == "" && len(c.Clients) > 0:
		return fmt.Errorf("listen: where shall the machines reach us?")
	case c.Listen != "" && c.URL == "":
		return fmt.Errorf("url: under which address do the machines reach it?")
	}
	for _, client := range c.Clients {
		if client.Account == "" || client.TokenFile == "" {
			return fmt.Errorf("clients: %q needs an account and a token_file", client.Name)
		}
	}
	return nil
}

// newIntake makes what answers the machines, or nil when there is no address to answer at.
func (h *App) newIntake(ctx context.Context) (http.Handler, error) {
	c := h.Config.Intake
	if c.Listen == "" {
		return nil, nil
	}
	settings := provisioning.Config{Store: h.Store, Directory: h.Directory, URL: strings.TrimRight(c.URL, "/"), PerMinute: c.PerMinute,
		Log: h.Log, Now: h.Now}
	for _, one := range c.Clients {
		client, err := h.intakeClient(ctx, one)
		if err != nil {
			return nil, err
		}
		settings.Clients = append(settings.Clients, client)
	}
	in, err := provisioning.New(settings)
	if err != nil {
		return nil, err
	}
	return in.Handler(), nil
}

func (h *App) intakeClient(ctx context.Context, c IntakeClient) (client provisioning.Client, err error) {
	client = provisioning.Client{Name: c.Name, Kind: provisioning.Kind(c.Kind), Platforms: c.Platforms, Courses: map[string]directory.Course{}}
	for activity, course := range c.Courses {
		client.Courses[activity] = directory.Course(course)
	}
	for _, file := range []string{c.TokenFile, c.NextTokenFile} {
		if file == "" {
			continue
		}
		token, err := h.Config.Secret(file)
		if err != nil {
			return client, err
		}
		client.Tokens = append(client.Tokens, token)
	}
	if client.Roles, err = directory.ParseRoles(strings.Join(c.Roles, ",")); err != nil {
		return client, fmt.Errorf("intake client %q: %w", c.Name, err)
	}
	client.Account, err = h.machine(ctx, c)
	return client, err
}

// machine finds the account of a client. An address of more than one account names none.
func (h *App) machine(ctx context.Context, c IntakeClient) (cloison.AccountID, error) {
	if !strings.Contains(c.Account, "@") {
		id, err := cloison.ParseAccountID(c.Account)
		if err != nil {
			return 0, fmt.Errorf("intake client %q: %w", c.Name, err)
		}
		return id, nil
	}
	found, err := h.Store.AccountsByEmail(ctx, cloison.Personal(c.Account))
	if err != nil {
		return 0, err
	}
	if len(found) != 1 || !found[0].Roles.Machine() {
		return 0, cloison.Errorf(cloison.NotFound,
			"intake client %q: its account is not there: import it with the role source, without idp and sub", c.Name)
	}
	return found[0].ID, nil
}
