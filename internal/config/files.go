package config

import (
	"os"
	"path/filepath"
	"strings"

	"cloison"
)

// Path makes a path of the file relative to the file.
func (c *Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// Secret reads a secret from its file, which only its owner may read.
func (c *Config) Secret(p string) (cloison.Secret, error) {
	name := c.Path(p)
	info, err := os.Stat(name)
	if err != nil {
		return "", cloison.Errorf(cloison.Invalid, "secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", cloison.Errorf(cloison.Invalid, "secret: %s can be read by others (mode %o): run chmod 600 on it", name, info.Mode().Perm())
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", cloison.Errorf(cloison.Invalid, "secret: %w", err)
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", cloison.Errorf(cloison.Invalid, "secret: %s is empty", name)
	}
	return cloison.Secret(s), nil
}
