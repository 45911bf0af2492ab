package app

import (
	"cloison/console"
	"cloison/console/web"
	"cloison/ledger/seal"
)

// newConsole makes the pages; the log's public key is all that they need of the key.
func (s *Server) newConsole(key seal.Key) (*console.Console, error) {
	public, err := key.Verifier()
	if err != nil {
		return nil, err
	}
	courses, err := s.Training()
	if err != nil {
		return nil, err
	}
	c := console.Config{Store: s.Store, Signin: s.Signin, Directory: s.Directory, Approvals: s.Approvals, Explanations: s.Explanations, Container: s.container, Tenure: s.tenure, Courier: s.courier, Desk: s.desk, Keeper: s.keeper, Holds: s.LegalHolds(),
		Training: courses, Gauge: s.Gauge(),
		LogDir: s.Config.Path(s.Config.Ledger.Directory), LogKey: public, URL: s.Config.Console.URL, Log: s.Log, Now: s.Now}
	c.Operator = s.Config.Console.Operator
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
