package scim

import (
	"context"

	"cloison"
	"cloison/access/directory"
)

// Store keeps what the clients sent, and reads accounts. Each method is one transaction, durable when it returns nil,
// and safe for concurrent use by several processes. No disclosure is decided on these records: no method moves the
// fence. Errors carry a cloison.Kind: NotFound, Conflict, Unavailable.
type Store interface {
	Structures(ctx context.Context) ([]directory.Structure, error)
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error)
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]directory.Account, error)

	// Resource finds the client's resource with that id, or NotFound.
	Resource(ctx context.Context, client, id string) (Resource, error)
	// Resources lists all resources of the client, those that it deleted included, by id.
	Resources(ctx context.Context, client string) ([]Resource, error)
	// PutResource stores the resource in place of the one of that id. Conflict when another resource of the client,
	// which is not deleted, has the same external id or, whatever the case of its letters, the same user name.
	PutResource(ctx context.Context, r Resource) error
}

// Resource is what a client sent of one person, beyond what the directory holds.
type Resource struct {
	Client     string
	ID         string            // the proposal's id, when the client proposed the person; else the account's
	Account    cloison.AccountID // zero as long as the proposal has made none
	ExternalID string            // "" is none
	UserName   cloison.Personal
	Given      cloison.Personal
	Family     cloison.Personal
	Deleted    bool
}
