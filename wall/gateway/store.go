package gateway

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// Sessions knows who sent a request; package signin has it.
type Sessions interface {
	// Caller returns who asks, by the session cookie of the request. The error is NotFound when there is no live
	// session, and Unavailable when nobody can tell. A caller without account has a session and no habilitation yet. It
	// is asked once a request, from many goroutines.
	Caller(r *http.Request) (Caller, error)
}

// Caller is who asks: whom disclosures are charged to, and what the tool is told.
type Caller struct {
	Agent     disclose.Agent
	Structure cloison.StructureID
	Roles     directory.Role
}

// Discloser decides and records; *disclose.Discloser has it. Both methods may be called by many goroutines.
type Discloser interface {
	// Admit says whether the request may go to the tool at all, before anybody is known to be in its answer.
	Admit(ctx context.Context, who disclose.Agent, tool string, op policy.Operation) (policy.Decision, error)
	// Disclose decides on each person of an answer. When it returns a decision, the rows of everybody whom it shows are
	// durable; when it returns an error, nothing may be shown: Unavailable if nothing was recorded, Internal if nobody
	// knows.
	Disclose(ctx context.Context, r disclose.Request) (disclose.Answer, error)
}
