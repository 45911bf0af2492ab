package config

import (
	"errors"

	"cloison/access/letters"
)

// MailConfig is the body's own mail relay. Without a host no e-mail is sent: letters are written and the console lists
// them as not sent.
type Mail struct {
	Host string `yaml:"host"`
	Port int    `yaml:"port"` // 587
	From string `yaml:"from"` // the address alone, as in cloison@example.org
	// StartTLS is "required", which is the default, or "none", for a relay on this machine only.
	StartTLS     string `yaml:"starttls"`
	UserFile     string `yaml:"user_file"`
	PasswordFile string `yaml:"password_file"`
	Language     string `yaml:"language"` // of the letters: fr, which is the default, or en
	Help         string `yaml:"help"`     // whom to ask, in words, with a number that people know: each letter says it
}

func (m Mail) check() error {
	switch {
	case m.Language != "" && m.Language != "fr" && m.Language != "en":
		return errors.New(`language: want "fr" or "en"`)
	case m.StartTLS != "" && m.StartTLS != "required" && m.StartTLS != "none":
		return errors.New(`starttls: want "required", or "none" for a relay on this machine`)
	case m.Host == "" && (m.From != "" || m.UserFile != "" || m.PasswordFile != ""):
		return errors.New("host: which relay?")
	case (m.UserFile == "") != (m.PasswordFile == ""):
		return errors.New("user_file and password_file come together")
	case m.Host == "":
		return nil
	}
	_, err := letters.NewRelay(m.RelaySettings())
	return err
}

func (m Mail) RelaySettings() letters.RelaySettings {
	return letters.RelaySettings{Host: m.Host, Port: m.Port, From: m.From, Plain: m.StartTLS == "none"}
}
