package app

import (
	"errors"
	"net/http"

	"cloison"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"cloison/wall/gateway"
)

// sessionAdapter tells the gateway who sent a request.
type sessionAdapter struct{ signin *signin.Signin }

// Caller implements gateway.Sessions.
func (c sessionAdapter) Caller(r *http.Request) (gateway.Caller, error) {
	session, err := c.signin.Session(r.Context(), r)
	switch {
	case err == nil:
	case errors.Is(err, refusal.SignedOut):
		return gateway.Caller{}, cloison.Errorf(cloison.NotFound, "no session: %w", err)
	default:
		return gateway.Caller{}, err
	}
	return gateway.Caller{Structure: session.Structure, Roles: session.Roles, Agent: disclose.Agent{Account: session.Account,
		Session: policy.Session{ID: session.ID, Assurance: session.Assurance, PasskeyAt: session.PasskeyAt}}}, nil
}
