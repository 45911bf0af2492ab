package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"cloison"
	"cloison/access/directory"
	"cloison/access/provisioning"
	"cloison/access/provisioning/scim"
	"cloison/access/provisioning/xapi"
	"cloison/internal/config"
)

// newIntake serves the machines; nil when the config names no address.
func (a *App) newIntake(ctx context.Context) (http.Handler, error) {
	c := a.Config.Intake
	if c.Listen == "" {
		return nil, nil
	}
	var list []provisioning.Client
	for _, one := range c.Clients {
		client, err := a.intakeClient(ctx, one)
		if err != nil {
			return nil, err
		}
		list = append(list, client)
	}
	clients, err := provisioning.NewClients(list, a.Directory, c.PerMinute, a.Log, a.Now)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", scim.New(a.Store, a.Directory, a.Approvals, strings.TrimRight(c.URL, "/")).Handler(clients))
	mux.Handle("/xapi/", xapi.New(a.Store, a.Directory, a.Now).Handler(clients))
	return mux, nil
}

func (a *App) intakeClient(ctx context.Context, c config.IntakeClient) (client provisioning.Client, err error) {
	client = provisioning.Client{Name: c.Name, Kind: provisioning.Kind(c.Kind), Platforms: c.Platforms, Courses: map[string]directory.Course{}}
	for activity, course := range c.Courses {
		client.Courses[activity] = directory.Course(course)
	}
	for _, file := range []string{c.TokenFile, c.NextTokenFile} {
		if file == "" {
			continue
		}
		token, err := a.Config.Secret(file)
		if err != nil {
			return client, err
		}
		client.Tokens = append(client.Tokens, token)
	}
	if client.Roles, err = directory.ParseRoles(strings.Join(c.Roles, ",")); err != nil {
		return client, fmt.Errorf("intake client %q: %w", c.Name, err)
	}
	client.Account, err = a.machine(ctx, c)
	return client, err
}

// machine finds the account of a client. An address of more than one account names none.
func (a *App) machine(ctx context.Context, c config.IntakeClient) (cloison.AccountID, error) {
	if !strings.Contains(c.Account, "@") {
		id, err := cloison.ParseAccountID(c.Account)
		if err != nil {
			return 0, fmt.Errorf("intake client %q: %w", c.Name, err)
		}
		return id, nil
	}
	found, err := a.Store.AccountsByEmail(ctx, cloison.Personal(c.Account))
	if err != nil {
		return 0, err
	}
	if len(found) != 1 || !found[0].Roles.Machine() {
		return 0, cloison.Errorf(cloison.NotFound,
			"intake client %q: account not found: import it with the role source, without idp and sub", c.Name)
	}
	return found[0].ID, nil
}
