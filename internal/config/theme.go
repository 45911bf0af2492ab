package config

import (
	"os"

	"cloison/console/web"

	"cloison"
)

// Theme reads the operator's style sheet, if there is one.
func (c *Config) Theme() ([]byte, error) {
	if c.Console.ThemeFile == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.Path(c.Console.ThemeFile))
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "console.theme_file: %w", err)
	}
	if err := web.CheckTheme(b); err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "console.theme_file: %w", err)
	}
	return b, nil
}
