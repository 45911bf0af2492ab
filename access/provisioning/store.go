package provisioning

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store keeps what the clients said, and reads accounts. Each method is one transaction, durable when it returns nil,
// and safe for concurrent use by several processes. Nothing here is what a disclosure is decided on: no method moves
// the fence. Errors carry a cloison.Kind: NotFound, Conflict, Unavailable.
type Store interface {
	Structures(ctx context.Context) ([]directory.Structure, error)
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error)
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]directory.Account, error)

	// Resource finds what the client said of the resource with that id; NotFound when it said nothing.
	Resource(ctx context.Context, client, id string) (Resource, error)
	// Resources lists all that the client said, those that it deleted included, by id.
	Resources(ctx context.Context, client string) ([]Resource, error)
	// PutResource stores it in place of what the client said of that id before. Conflict when another resource of the
	// client, which is not deleted, has the same external id or, whatever the case of its letters, the same user name.
	PutResource(ctx context.Context, r Resource) error

	// Statements returns the digests of those statements of the client that are stored, by id.
	Statements(ctx context.Context, client string, ids []string) (map[string][32]byte, error)
	// AddStatements stores all or nothing. One that is there with the same digest stays as it is; Conflict when one is
	// there with another.
	AddStatements(ctx context.Context, client string, at time.Time, digests map[string][32]byte) error
}

// Resource is what a client said of one person, beyond what the directory holds.
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
