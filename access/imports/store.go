package imports

import (
	"context"

	"cloison/access/directory"
	"cloison/access/explanation"
)

// Store takes what files say. Each method is one transaction, durable when it returns nil, safe for concurrent use by
// several processes. Import methods are idempotent: the same line twice changes nothing, and does not advance the
// ledger's fence. They take one batch (at most a few thousand lines) and return, for each line, nil or why it was
// refused; the others are stored.
type Store interface {
	// Structures lists them, with what each has become a part of.
	Structures(ctx context.Context) ([]directory.Structure, error)
	// ImportStructures creates structures and updates all but the median day, which is not the importer's to say.
	ImportStructures(ctx context.Context, batch []directory.Structure) ([]error, error)
	// ImportAccounts creates accounts or updates name, e-mail and roles of the one with the same binding, and its
	// training when the line's holds longer. An imported account is its own lineage. A line without binding (State
	// Pending) is matched by structure and e-mail instead, whatever the binding that the account has got by enrolment
	// since. Refused: an unknown structure, an existing e-mail with another binding; and, as Stale, a structure that
	// has been merged away.
	ImportAccounts(ctx context.Context, batch []directory.Account) ([]error, error)
	ImportCaseload(ctx context.Context, batch []explanation.Assignment) ([]error, error)
}
