package retention

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
)

// maxReason bounds the reference of a hold, in bytes.
const maxReason = 200

// CheckReason says what is wrong with a hold's reference.
func CheckReason(reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason || strings.ContainsFunc(reason, unicode.IsControl) || !utf8.ValidString(reason) {
		return cloison.Errorf(cloison.Invalid, "a hold needs a reference on one line, of at most %d bytes", maxReason)
	}
	return nil
}

// Hold keeps everything from now on. An officer or the DPO says so, or the operator (the zero Caller), with a
// reference.
func (k *Keeper) Hold(ctx context.Context, by directory.Caller, reason string) (Hold, error) {
	if err := CheckReason(reason); err != nil {
		return Hold{}, err
	}
	reason = strings.TrimSpace(reason)
	if err := k.may(ctx, directory.ToHold, by); err != nil {
		return Hold{}, err
	}
	h := Hold{ID: cloison.NewActID(), At: k.now(), By: by.Account, Reason: reason}
	return h, k.store.AddHold(ctx, h, k.event("ledger.held", h, by))
}

// Lift ends a hold: the first of two asks, the second, who is somebody else, does it; the operator does it at once. It
// says whether it is lifted. What the hold kept goes a week later.
func (k *Keeper) Lift(ctx context.Context, by directory.Caller, id cloison.ActID) (lifted bool, err error) {
	if err := k.may(ctx, directory.ToLift, by); err != nil {
		return false, err
	}
	h, err := k.hold(ctx, id)
	if err != nil {
		return false, err
	}
	if !h.Lifted.IsZero() {
		return true, cloison.Errorf(cloison.Conflict, "the hold was lifted before")
	}
	asked := h.AskedBy
	if by.Account == 0 {
		h.Lifted = k.now()
		return true, k.store.LiftHold(ctx, h, asked, k.event("ledger.lifted", h, by))
	}
	first, err := k.asker(ctx, asked)
	switch {
	case err != nil:
		return false, err
	case first.ID == 0:
		h.AskedBy, h.Asked = by.Account, k.now()
		return false, k.store.LiftHold(ctx, h, asked, k.event("ledger.lift_asked", h, by))
	}
	second, err := k.store.Account(ctx, by.Account)
	if err != nil {
		return false, err
	}
	if err := directory.Independent(ctx, k.store, first, second); err != nil {
		return false, err
	}
	h.Lifted, h.LiftedBy = k.now(), second.ID
	return true, k.store.LiftHold(ctx, h, asked, k.event("ledger.lifted", h, by))
}

// asker is who has asked and may still; the zero Account is nobody, so that the next one asks anew.
func (k *Keeper) asker(ctx context.Context, id cloison.AccountID) (none directory.Account, err error) {
	if id == 0 {
		return none, nil
	}
	a, err := k.store.Account(ctx, id)
	if err != nil || directory.Allow(directory.ToLift, a, directory.Account{}) != nil {
		return none, err
	}
	return a, nil
}

// Holds lists all holds, the latest first.
func (k *Keeper) Holds(ctx context.Context) ([]Hold, error) { return k.store.Holds(ctx) }

func (k *Keeper) hold(ctx context.Context, id cloison.ActID) (Hold, error) {
	all, err := k.store.Holds(ctx)
	for _, h := range all {
		if h.ID == id {
			return h, err
		}
	}
	if err == nil {
		err = cloison.Errorf(cloison.NotFound, "there is no such hold")
	}
	return Hold{}, err
}

func (k *Keeper) may(ctx context.Context, verb directory.Verb, by directory.Caller) error {
	if by.Account == 0 {
		return nil // the operator's own command line
	}
	a, err := k.store.Account(ctx, by.Account)
	if err != nil {
		return err
	}
	return directory.Allow(verb, a, directory.Account{})
}

func (k *Keeper) event(code string, h Hold, by directory.Caller) directory.Event {
	return directory.Event{At: k.now(), Code: code, Actor: by.Account, Session: by.Session, Act: h.ID}
}
