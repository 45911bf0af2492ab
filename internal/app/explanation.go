package app

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/explanation"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// newDesk makes the stage of explanations. d takes wrong codes as evidence.
func (a *App) newDesk(d *disclose.Discloser) (*explanation.Grants, explanation.Codes, error) {
	c := a.Config.Desk
	var codes explanation.Codes
	if c.Listen != "" {
		key, err := a.loadSeed(c.KeyFile)
		if err != nil {
			return nil, codes, err
		}
		if codes, err = explanation.NewCodes(key); err != nil {
			return nil, codes, err
		}
	}
	return explanation.NewGrants(a.Store, a.Explanations, codes, a.evidence(d), a.Log), codes, nil
}

// evidence asks for the person as a refused read does: the ledger then has the refusal, and the account's stream the
// step. Nothing is read. A person who is explained already is no evidence. The act itself took a passkey, which proves who
// asks: its freshness is not checked again.
func (a *App) evidence(d *disclose.Discloser) explanation.Evidence {
	return func(ctx context.Context, by cloison.Caller, person cloison.PersonRef) error {
		met, err := a.Explanations.Explanations(ctx, by.Account, a.Now())
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

// newCodeEndpoint makes the endpoint where the body's own site asks for codes; nil when the config names no address.
func (a *App) newCodeEndpoint(codes explanation.Codes) (http.Handler, error) {
	c := a.Config.Desk
	if c.Listen == "" {
		return nil, nil
	}
	credential, err := a.Config.Secret(c.CredentialFile)
	if err != nil {
		return nil, err
	}
	return explanation.CodeEndpoint{Code: codes.Code, Credential: credential, PerMinute: c.CodesPerMinute, Log: a.Log, Now: a.Now}.Handler()
}
