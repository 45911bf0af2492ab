package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"

	"cloison"
	"cloison/internal/suggest"
	"cloison/wall/mapping"
)

// Config is the one YAML file. Every key may be left out: the zero value is the safe one, and setDefaults says what it
// means. Secrets are never in the file: a key that ends in _file names a file that holds one.
type Config struct {
	Console    Console    `yaml:"console"`
	Operations Operations `yaml:"operations"`
	Store      Store      `yaml:"store"`
	Ledger     Ledger     `yaml:"ledger"`
	Assertion  Assertion  `yaml:"assertion"`
	Federation Federation `yaml:"federation"`
	Passkeys   Passkeys   `yaml:"passkeys"`
	Sessions   Sessions   `yaml:"sessions"`
	Policy     Policy     `yaml:"policy"`
	Mail       Mail       `yaml:"mail"`
	Intake     Intake     `yaml:"intake"`
	Desk       Desk       `yaml:"desk"`
	Timezone   string     `yaml:"timezone" since:"0.1"`
	// TrustedProxies are the networks of the TLS proxies in front: the client's address is then the last one of
	// X-Forwarded-For that is not in them. Without any, it is the TCP peer's.
	TrustedProxies []string       `yaml:"trusted_proxies" since:"0.1"`
	Tools          []mapping.Tool `yaml:"tools" since:"0.1"`

	dir   string         // of the file: relative paths start here
	file  string         // its name
	lines map[string]int // where it has which key
}

// LoadConfig reads the file; without one (path empty and no cloison.yaml here) the embedded defaults hold.
func Load(path string) (*Config, error) {
	asked := path != ""
	if !asked {
		path = "cloison.yaml"
	}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !asked:
		b, path = nil, "."
	case err != nil:
		return nil, cloison.Errorf(cloison.Invalid, "config: %w", err)
	}
	c, err := Parse(b)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "%s: %w", path, err)
	}
	c.dir, c.file, c.lines = filepath.Dir(path), filepath.Base(path), keyLines(b)
	return c, nil
}

// ParseConfig reads YAML, refuses unknown keys with the nearest right one, fills defaults and checks.
func Parse(b []byte) (*Config, error) {
	c := &Config{}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(c); err != nil && len(bytes.TrimSpace(b)) > 0 {
		said := errors.New(yaml.FormatError(err, false, false)) // without the lines around: one may hold a secret
		var unknown *yaml.UnknownFieldError
		if errors.As(err, &unknown) {
			word := unknown.GetToken().Value
			if hint := secretInClear(word); hint != "" {
				return nil, fmt.Errorf("%w\n%s", said, hint)
			}
			if near := suggest.Word(word, configKeys(reflect.TypeFor[Config]())); near != "" {
				return nil, fmt.Errorf("%w\ndid you mean %q?", said, near)
			}
		}
		return nil, said
	}
	c.setDefaults()
	return c, c.check()
}

// secretInClear recognises the keys by which people put secrets into a file.
func secretInClear(word string) string {
	for _, s := range []string{"secret", "password", "url", "key", "token"} {
		if strings.HasSuffix(word, s) {
			return fmt.Sprintf("secrets do not belong in this file: put it into a file of its own, readable by Cloison alone, and name that with %s_file",
				strings.TrimSuffix(word, "_file"))
		}
	}
	return ""
}

func configKeys(t reflect.Type) []string {
	var keys []string
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != "" {
			keys = append(append(keys, tag), configKeys(t.Field(i).Type)...)
		}
	}
	return keys
}
