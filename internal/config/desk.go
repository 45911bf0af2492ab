package config

import (
	"fmt"
	"time"
)

// DeskConfig is the explanations of the day. Without an address no person is given a code.
type Desk struct {
	Listen         string `yaml:"listen"` // where the body's own site asks for its persons' codes, alone
	KeyFile        string `yaml:"key_file"`
	CredentialFile string `yaml:"credential_file"`
	CodesPerMinute int    `yaml:"codes_per_minute"`
	CodeTries      int    `yaml:"code_tries"`

	VisitsPerReception int `yaml:"visits_per_reception"`
	VisitsPerStructure int `yaml:"visits_per_structure"`

	BreakGlassPerAccount   int           `yaml:"break_glass_per_account"`
	BreakGlassPerStructure int           `yaml:"break_glass_per_structure"`
	BreakGlassLife         time.Duration `yaml:"break_glass_life"`
}

func (c Desk) check() error {
	if (c.Listen == "") != (c.CredentialFile == "") {
		return fmt.Errorf("listen and credential_file go together: whoever asks for codes must show who they are")
	}
	return nil
}
