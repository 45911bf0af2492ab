package app

import (
	"net/url"

	"cloison"
	"cloison/access/signin"
)

// newSignin makes the sign-in of every origin.
func (a *App) newSignin() (*signin.Signin, error) {
	f := a.Config.Federation
	secret, err := a.Config.Secret(f.ClientSecretFile)
	if err != nil {
		return nil, err
	}
	settings := signin.Settings{
		Issuer: f.Issuer, ClientID: f.ClientID, ClientSecret: secret, WithoutPKCE: f.WithoutPKCE,
		RPID: a.Config.Passkeys.RPID, RPName: a.Config.Passkeys.Name, Absolute: a.Config.Sessions.Absolute, Idle: a.Config.Sessions.Idle,
		Dormancy: a.Config.DormantAfter(), Presence: int32(a.Config.PolicySettings().Bound.Caps.PresencePersons),
	}
	settings.AAGUIDs = a.Config.Passkeys.AllowAAGUIDs
	if settings.AttestationRoots, err = a.Config.AttestationRoots(); err != nil {
		return nil, err
	}
	if settings.StateKey, err = a.stateKey(); err != nil {
		return nil, err
	}
	if settings.ClientAddr, err = a.Config.ClientAddr(); err != nil {
		return nil, err
	}
	for _, idp := range f.Trust {
		settings.Trusted = append(settings.Trusted, idp.IdP)
	}
	for _, public := range a.Config.PublicURLs() {
		u, err := url.Parse(public)
		if err != nil {
			return nil, cloison.Errorf(cloison.Invalid, "url: %w", err)
		}
		settings.Origins = append(settings.Origins, u.Scheme+"://"+u.Host)
	}
	return signin.New(a.Store, a.Store, settings, a.Log, a.Now)
}
