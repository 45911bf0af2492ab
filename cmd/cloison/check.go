package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"

	"cloison/gateway"
)

type checkCommand struct{}

// Run explains the config: every key with the value that holds, defaults included, and what is wrong with it. Secrets are in files and
// do not appear.
func (checkCommand) Run(e *env) error {
	c, err := LoadConfig(e.configPath)
	if err != nil {
		return err
	}
	if err := c.policySettings().Validate(); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	for _, t := range c.Tools {
		if _, err := gateway.Compile(t); err != nil {
			return fmt.Errorf("tools: %s: %w", t.Name, err)
		}
	}
	if file := c.Federation.ClientSecretFile; file != "" {
		if _, err := c.secret(file); err != nil {
			return err
		}
	}
	if _, err := c.attestationRoots(); err != nil {
		return err
	}
	effective, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	document, err := yaml.YAMLToJSON(effective)
	if err != nil {
		return err
	}
	return e.report(json.RawMessage(document), func(w io.Writer) {
		fmt.Fprintf(w, "# The config that holds, defaults included.\n%s# It is in order.\n", effective)
	})
}

type migrateCommand struct{}

func (migrateCommand) Run(e *env) error {
	c, err := LoadConfig(e.configPath)
	if err != nil {
		return err
	}
	s, err := openStore(e.ctx, c, true)
	if err != nil {
		return err
	}
	e.say("the schema is that of this version")
	return s.Close()
}
