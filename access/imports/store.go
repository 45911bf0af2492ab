package imports

import (
	"context"

	"cloison/access/directory"
	"cloison/access/explanation"
)

// Store stores lines of files. Each method is one transaction, durable when it returns nil, safe for concurrent use
// by several processes. The import methods are idempotent: the same line twice changes nothing and does not advance
// the ledger's fence. They take one batch (at most a few thousand lines) and return, for each line, nil or why it was
// refused; the others are stored.
type Store interface {
	// Structures lists all structures, with what each is part of now.
	Structures(ctx context.Context) ([]directory.Structure, error)
	// ImportStructures creates structures and updates them, the median day excepted.
	ImportStructures(ctx context.Context, batch []directory.Structure) ([]error, error)
	// ImportAccounts creates accounts. Of an account with the same binding it updates name, e-mail and roles, and the
	// courses when the line's are valid for longer. An imported account is its own root. A line without a binding
	// (State Pending) is matched by structure and e-mail, whatever binding the account has got by enrolment since. It
	// refuses an unknown structure, an existing e-mail with another binding and, as Stale, a structure that has been
	// merged away.
	ImportAccounts(ctx context.Context, batch []directory.Account) ([]error, error)
	ImportCaseload(ctx context.Context, batch []explanation.Assignment) ([]error, error)
}
