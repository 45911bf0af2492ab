package app

import (
	"net/url"

	"cloison"
	"cloison/access/letters"
)

// newLetters makes the stage of letters, with a relay when the config names one.
func (a *App) newLetters() (*letters.Letters, error) {
	m := a.Config.Mail
	var relay *letters.Relay
	if m.Host != "" {
		settings := m.RelaySettings()
		for file, secret := range map[string]*cloison.Secret{m.UserFile: &settings.User, m.PasswordFile: &settings.Password} {
			if file == "" {
				continue
			}
			var err error
			if *secret, err = a.Config.Secret(file); err != nil {
				return nil, err
			}
		}
		var err error
		if relay, err = letters.NewRelay(settings); err != nil {
			return nil, err
		}
	}
	settings := letters.Settings{Language: m.Language, Help: m.Help}
	if u, err := url.Parse(a.Config.Console.URL); err == nil {
		settings.Console = u.Host // without its scheme: to be typed, not clicked
	}
	return letters.New(a.Store, a.Store, a.Approvals, relay, settings, a.Zone, holder(), a.Log, a.Now)
}
