package gateway

import (
	"context"
	"net/http"

	"cloison"
	"cloison/policy"
)

// Sessions knows who sent a request; package signin has it.
type Sessions interface {
	// Caller returns who asks, by the session cookie of the request. The error is NotFound when there is no live session, and
	// Unavailable when nobody can tell. A caller without account has a session and no habilitation yet.
	Caller(r *http.Request) (Caller, error)
}

// Caller is who asks: what disclosures are charged to, and what the tool is told.
type Caller struct {
	Who
	Asker
}

// Discloser decides and records; package disclose has it. Both methods may be called by many goroutines.
type Discloser interface {
	// Admit says whether the request may go to the tool at all, before anybody is known to be in its answer. A refusal is recorded.
	Admit(ctx context.Context, who Who, tool, operation string) (policy.Decision, error)
	// Disclose decides on each person of an answer. When it returns a decision, the rows of everybody whom it shows are durable; when
	// it returns an error, nothing may be shown: Unavailable if nothing was recorded, Internal if nobody knows.
	Disclose(ctx context.Context, r Request) (Answer, error)
}

// Who is disclosed to.
type Who struct {
	Account cloison.AccountID
	Session cloison.SessionID
}

// Request asks to show the persons of one answer.
type Request struct {
	Who       Who
	Tool      string
	Operation string
	RequestID string
	Persons   []Person
}

// Person is one person of an answer.
type Person struct {
	Ref    cloison.PersonRef
	Fields cloison.Fields
	Reveal cloison.Fields
}

// Answer is what may leave.
type Answer struct {
	Decision policy.Decision
}
