package directory

import (
	"context"

	"cloison"
)

// The ledger's packages may not import this one. They ask for rights through interfaces of their own, which these
// methods satisfy.

// MayHold says whether the caller may hold the ledger's rows: nil, or a Denied error with its reason.
func (d *Directory) MayHold(ctx context.Context, by cloison.Caller) error {
	if by.IsOperator() {
		return nil
	}
	return d.May(ctx, by, ToHold)
}

// MayLift says whether the caller may end a hold.
func (d *Directory) MayLift(ctx context.Context, by cloison.Caller) error {
	if by.IsOperator() {
		return nil
	}
	return d.May(ctx, by, ToLift)
}

// MayTrace says whether the caller may ask the register who was shown a person.
func (d *Directory) MayTrace(ctx context.Context, by cloison.Caller) error {
	return d.May(ctx, by, ToTrace)
}

// MayProve says whether the caller may take the proof of one of the account's rows, which names the person.
func (d *Directory) MayProve(ctx context.Context, by cloison.Caller, account cloison.AccountID) error {
	return d.May(ctx, by, ToProve, account)
}
