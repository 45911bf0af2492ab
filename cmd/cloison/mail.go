package main

import (
	"errors"
	"net/url"

	"cloison"
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

// newCourier makes the courier, with a relay when the config names one.
func (h *App) newCourier() (*letters.Courier, error) {
	m := h.Config.Mail
	var relay *letters.Relay
	if m.Host != "" {
		settings := m.RelaySettings()
		for file, secret := range map[string]*cloison.Secret{m.UserFile: &settings.User, m.PasswordFile: &settings.Password} {
			if file == "" {
				continue
			}
			var err error
			if *secret, err = h.Config.Secret(file); err != nil {
				return nil, err
			}
		}
		var err error
		if relay, err = letters.NewRelay(settings); err != nil {
			return nil, err
		}
	}
	settings := letters.Settings{Language: m.Language, Help: m.Help}
	if u, err := url.Parse(h.Config.Console.URL); err == nil {
		settings.Console = u.Host // without its scheme: to be typed, not clicked
	}
	return letters.New(h.Store, h.Store, h.Directory, relay, settings, h.Zone, holder(), h.Log, h.Now)
}
