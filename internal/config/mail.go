package config

import (
	"errors"

	"cloison/access/letters"
)

// Mail is the body's own mail relay. Without a host no e-mail is sent: letters are written and the console lists
// them as not sent.
type Mail struct {
	Host string `yaml:"host" since:"0.1"`
	Port int    `yaml:"port" since:"0.1"` // 587
	From string `yaml:"from" since:"0.1"` // the address alone, as in cloison@example.org
	// StartTLS is "required", which is the default, or "none", for a relay on this machine only.
	StartTLS     string `yaml:"starttls" since:"0.1"`
	UserFile     string `yaml:"user_file" since:"0.1"`
	PasswordFile string `yaml:"password_file" since:"0.1"`
	Language     string `yaml:"language" since:"0.1"` // of the letters: fr, which is the default, or en
	Help         string `yaml:"help" since:"0.1"`     // whom to ask, in words, with a number that people know: each letter says it
}

func (m Mail) check() error {
	switch {
	case m.Language != "" && m.Language != "fr" && m.Language != "en":
		return errors.New(`language: want "fr" or "en"`)
	case m.StartTLS != "" && m.StartTLS != "required" && m.StartTLS != "none":
		return errors.New(`starttls: want "required", or "none" for a relay on this machine`)
	case m.Host == "" && (m.From != "" || m.UserFile != "" || m.PasswordFile != ""):
		return errors.New("host: required with from, user_file or password_file")
	case (m.UserFile == "") != (m.PasswordFile == ""):
		return errors.New("user_file and password_file come together")
	case m.Host == "":
		return nil
	}
	_, err := letters.NewRelay(m.RelaySettings())
	return err
}

// RelaySettings are what the file says to the relay.
func (m Mail) RelaySettings() letters.RelaySettings {
	return letters.RelaySettings{Host: m.Host, Port: m.Port, From: m.From, Plain: m.StartTLS == "none"}
}
