package main

import (
	"cloison/internal/app"
	"cloison/internal/config"
)

type migrateCommand struct{}

func (migrateCommand) Run(e *env) error {
	c, err := config.Load(e.configPath)
	if err != nil {
		return err
	}
	s, err := app.OpenStore(e.ctx, c, true)
	if err != nil {
		return err
	}
	e.say("the schema is that of this version")
	return s.Close()
}
