package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"cloison"
	"cloison/access/directory"
	"cloison/access/provisioning"
	"cloison/internal/config"
)

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

func (h *App) intakeClient(ctx context.Context, c config.IntakeClient) (client provisioning.Client, err error) {
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
func (h *App) machine(ctx context.Context, c config.IntakeClient) (cloison.AccountID, error) {
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
