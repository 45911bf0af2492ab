package main

import (
	"fmt"
	"io"

	"cloison/internal/config"
	"cloison/wall/mapping"
)

type checkCommand struct{}

// Run explains the config: every key with the value that holds, defaults included, and what is wrong with it. Secrets
// are in files and do not appear.
func (checkCommand) Run(e *env) error {
	c, err := config.Load(e.configPath)
	if err != nil {
		return err
	}
	if err := c.PolicySettings().Validate(); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	for _, t := range c.Tools {
		if _, err := mapping.Compile(t); err != nil {
			return fmt.Errorf("tools: %s: %w", t.Name, err)
		}
	}
	if file := c.Federation.ClientSecretFile; file != "" {
		if _, err := c.Secret(file); err != nil {
			return err
		}
	}
	if _, err := c.AttestationRoots(); err != nil {
		return err
	}
	for _, file := range []string{c.Mail.UserFile, c.Mail.PasswordFile} {
		if file == "" {
			continue
		}
		if _, err := c.Secret(file); err != nil {
			return err
		}
	}
	if c.Mail.Host == "" {
		e.say("warning: mail.host names no relay: directors and agents are not told by e-mail of what changes their access")
	}
	groups, err := c.Settings()
	if err != nil {
		return err
	}
	return e.report(map[string]any{"settings": groups}, func(w io.Writer) {
		for _, g := range groups {
			fmt.Fprintf(w, "\n%s\n", g.Title["en"])
			for _, s := range g.Settings {
				from := s.Source
				if s.Line > 0 {
					from = fmt.Sprintf("%s:%d", s.Source, s.Line)
				}
				fmt.Fprintf(w, "  %s: %v %s(%s)\n      %s\n", s.Key, s.Value, after(s.Unit["en"]), from, s.Meaning["en"])
			}
		}
		fmt.Fprintln(w, "\nIt is in order.")
	})
}

// after is the text with a space behind it, if there is any.
func after(text string) string {
	if text == "" {
		return ""
	}
	return text + " "
}
