package config

import (
	"fmt"
	"time"
)

// Desk is the explanations of the day. Without an address no person is given a code.
type Desk struct {
	Listen         string `yaml:"listen" since:"0.1"` // where the body's own site asks for its persons' codes, alone
	KeyFile        string `yaml:"key_file" since:"0.1"`
	CredentialFile string `yaml:"credential_file" since:"0.1"`
	CodesPerMinute int    `yaml:"codes_per_minute" unit:"per_minute" since:"0.1"`
	CodeTries      int    `yaml:"code_tries" since:"0.1"`

	VisitsPerReception int `yaml:"visits_per_reception" unit:"per_day" since:"0.1"`
	VisitsPerStructure int `yaml:"visits_per_structure" unit:"per_day" since:"0.1"`

	BreakGlassPerAccount   int           `yaml:"break_glass_per_account" unit:"per_day" since:"0.1"`
	BreakGlassPerStructure int           `yaml:"break_glass_per_structure" unit:"per_day" since:"0.1"`
	BreakGlassLife         time.Duration `yaml:"break_glass_life" since:"0.1"`
}

func (c Desk) check() error {
	if (c.Listen == "") != (c.CredentialFile == "") {
		return fmt.Errorf("listen and credential_file go together: the site that asks for codes must authenticate")
	}
	return nil
}
