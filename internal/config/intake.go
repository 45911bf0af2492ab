package config

import (
	"fmt"
)

// Intake is where machines tell who joins, who leaves and who completed a course. Without an address it is
// closed.
type Intake struct {
	Listen    string         `yaml:"listen" since:"0.1"`
	URL       string         `yaml:"url" since:"0.1"`                          // under which the machines reach it
	PerMinute int            `yaml:"per_minute" unit:"per_minute" since:"0.1"` // requests of one client
	Clients   []IntakeClient `yaml:"clients" since:"0.1"`
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
		return fmt.Errorf("listen: required with clients")
	case c.Listen != "" && c.URL == "":
		return fmt.Errorf("url: required with listen")
	}
	for _, client := range c.Clients {
		if client.Account == "" || client.TokenFile == "" {
			return fmt.Errorf("clients: %q needs an account and a token_file", client.Name)
		}
	}
	return nil
}
