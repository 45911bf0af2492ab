package app

import (
	"cloison/console"
	"cloison/console/web"
	"cloison/incident/exposure"
)

// newConsole makes the pages.
func (s *Server) newConsole() (*console.Console, error) {
	courses, err := s.Training()
	if err != nil {
		return nil, err
	}
	c := console.Config{Store: s.Store, Signin: s.Signin, Directory: s.Directory, Approvals: s.Approvals, Explanations: s.Explanations,
		Container: s.container, Watch: s.watch, Rolls: exposure.NewRolls(s.Store, s.Directory, s.Now), Lifecycle: s.lifecycle, Letters: s.letters,
		Grants: s.desk, Retention: s.keeper, Holds: s.LegalHolds(), Register: s.register, Training: courses, Gauge: s.Gauge(),
		URL: s.Config.Console.URL, Operator: s.Config.Console.Operator, Log: s.Log, Now: s.Now}
	if c.Theme, err = s.Config.Theme(); err != nil {
		return nil, err
	}
	if c.Settings, err = s.Config.Settings(); err != nil {
		return nil, err
	}
	for _, t := range s.Config.Tools {
		c.Tools = append(c.Tools, web.Tool{Name: t.Name, URL: t.URL})
	}
	return console.New(c)
}
