package gateway

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// Sessions finds the session of a request; package signin implements it.
type Sessions interface {
	// Caller returns the account of the request's session cookie. The error is NotFound when there is no live session,
	// and Unavailable when the sessions cannot be read. A caller without account has a session and no account yet. It
	// is called once a request, and is safe for concurrent use.
	Caller(r *http.Request) (Caller, error)
}

// Caller is the account of a session, with what the assertion says of it.
type Caller struct {
	Agent     disclose.Agent
	Structure cloison.StructureID
	Roles     directory.Role
}

// Discloser decides and records. *disclose.Discloser implements it; both methods are safe for concurrent use.
type Discloser interface {
	// Admit decides whether the request may go to the tool at all, before its answer says which persons are in it.
	Admit(ctx context.Context, who disclose.Agent, tool string, op policy.Operation) (policy.Decision, error)
	// Disclose decides on each person of an answer. When it returns a decision, the rows of all persons that it shows
	// are durable. When it returns an error, nothing may be shown: it is Unavailable when nothing was recorded,
	// Internal when the outcome is unknown.
	Disclose(ctx context.Context, r disclose.Request) (disclose.Answer, error)
}
