package main

import (
	"log/slog"
	"time"

	"cloison/internal/app"
	"cloison/internal/config"
)

type serveCommand struct {
	LogLevel slog.Level `default:"info" help:"debug, info, warn or error."`
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(e *env) error {
	config, err := config.Load(e.configPath)
	if err != nil {
		return err
	}
	a, err := app.Open(e.ctx, config, app.NewLogger(e.Stderr, c.LogLevel), e.Now, false)
	if err != nil {
		return err
	}
	defer a.Close()
	began := time.Now()
	a.Uptime = func() time.Duration { return time.Since(began) } // by the monotonic clock
	s, err := app.NewServer(e.ctx, a, app.ListenTCP)
	if err != nil {
		return err
	}
	return s.Run(e.ctx)
}
