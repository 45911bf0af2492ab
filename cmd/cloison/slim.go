//go:build slim

package main

import (
	"log/slog"

	"cloison"
	"cloison/internal/drill"
)

// demoVerbs: a slim binary has no world of the demo.
type demoVerbs struct{}

func (c *drillRun) inOwnWorld(*env, *slog.Logger) (*drill.Report, error) {
	return nil, cloison.Errorf(cloison.Invalid, "--target: this binary has no world of its own to attack; name a running console")
}
