package app

import (
	"net/url"

	"cloison"
	"cloison/access/signin"
)

func (h *App) newSignin() (*signin.Signin, error) {
	f := h.Config.Federation
	secret, err := h.Config.Secret(f.ClientSecretFile)
	if err != nil {
		return nil, err
	}
	settings := signin.Settings{
		Issuer: f.Issuer, ClientID: f.ClientID, ClientSecret: secret, WithoutPKCE: f.WithoutPKCE,
		RPID: h.Config.Passkeys.RPID, RPName: h.Config.Passkeys.Name, Absolute: h.Config.Sessions.Absolute, Idle: h.Config.Sessions.Idle,
		Dormancy: h.Config.DormantAfter(), Presence: int32(h.Config.PolicySettings().Bound.Caps.PresencePersons),
	}
	settings.AAGUIDs = h.Config.Passkeys.AllowAAGUIDs
	if settings.AttestationRoots, err = h.Config.AttestationRoots(); err != nil {
		return nil, err
	}
	if settings.StateKey, err = h.stateKey(); err != nil {
		return nil, err
	}
	if settings.ClientAddr, err = h.Config.ClientAddr(); err != nil {
		return nil, err
	}
	for _, idp := range f.Trust {
		settings.Trusted = append(settings.Trusted, idp.IdP)
	}
	for _, public := range h.Config.PublicURLs() {
		u, err := url.Parse(public)
		if err != nil {
			return nil, cloison.Errorf(cloison.Invalid, "url: %w", err)
		}
		settings.Origins = append(settings.Origins, u.Scheme+"://"+u.Host)
	}
	return signin.New(h.Store, h.Store, settings, h.Log, h.Now)
}
