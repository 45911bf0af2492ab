package app

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// newDesk makes the stage. disclosed takes wrong codes as evidence.
func (h *App) newDesk(disclosed *disclose.Discloser) (*explanation.Desk, explanation.Codes, error) {
	c := h.Config.Desk
	var codes explanation.Codes
	if c.Listen != "" {
		key, err := h.deskKey()
		if err != nil {
			return nil, codes, err
		}
		if codes, err = explanation.NewCodes(key); err != nil {
			return nil, codes, err
		}
	}
	return explanation.New(h.Store, h.Directory, codes, h.evidence(disclosed), explanation.Settings{
		VisitsPerReception: c.VisitsPerReception, VisitsPerStructure: c.VisitsPerStructure, CodeTries: c.CodeTries,
		BreakGlassPerAccount: c.BreakGlassPerAccount, BreakGlassPerStructure: c.BreakGlassPerStructure, BreakGlassLife: c.BreakGlassLife,
	}, h.Zone, h.Log, h.Now), codes, nil
}

// evidence asks for the person as a refused read does: the ledger then has the refusal, and the account's stream the
// step. Nothing is read, and whoever is explained already is no evidence. The proof of who asks is the passkey that the
// act itself took: no clock decides again whether it is fresh.
func (h *App) evidence(d *disclose.Discloser) explanation.Evidence {
	return func(ctx context.Context, by directory.Caller, person cloison.PersonRef) error {
		met, err := h.Directory.Explanations(ctx, by.Account, h.Now())
		if _, ok := met[person]; ok || err != nil {
			return err
		}
		_, err = d.Disclose(ctx, disclose.Request{
			Agent: disclose.Agent{Account: by.Account, Session: policy.Session{ID: by.Session, Assurance: policy.PhishingResistant}},
			Tool:  "desk", Operation: policy.Read, ID: cloison.NewActID().String(), Persons: []disclose.Person{{Ref: person}},
		})
		return err
	}
}

// newHanding makes what hands out codes, or nil when there is no address to do it at.
func (h *App) newHanding(codes explanation.Codes) (http.Handler, error) {
	c := h.Config.Desk
	if c.Listen == "" {
		return nil, nil
	}
	credential, err := h.Config.Secret(c.CredentialFile)
	if err != nil {
		return nil, err
	}
	return explanation.CodeEndpoint{Code: codes.Code, Credential: credential, PerMinute: c.CodesPerMinute, Log: h.Log, Now: h.Now}.Handler()
}
