package retention

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cloison"
	"cloison/ledger/journal"
)

// LegalHolds sets and lifts holds. Its methods may be called from many goroutines, in many processes on one store.
type LegalHolds struct {
	store     HoldStore
	authority Authority
	now       func() time.Time
}

// NewLegalHolds returns the stage on that store.
func NewLegalHolds(store HoldStore, authority Authority, now func() time.Time) *LegalHolds {
	return &LegalHolds{store: store, authority: authority, now: cloison.Clock(now)}
}

// maxReason bounds the reference of a hold, in bytes.
const maxReason = 200

// CheckReason says what is wrong with a hold's reference.
func CheckReason(reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason || strings.ContainsFunc(reason, unicode.IsControl) || !utf8.ValidString(reason) {
		return cloison.InvalidField("reference", "legal hold: the reference is empty, too long or of several lines; want one line of at most %d bytes", maxReason)
	}
	return nil
}

// MayHold says whether the caller may set a hold: nil, or a Denied error with its reason.
func (l *LegalHolds) MayHold(ctx context.Context, by cloison.Caller) error {
	return l.authority.MayHold(ctx, by)
}

// Hold keeps every row from now on. An officer, the DPO or the operator may, with a reference.
func (l *LegalHolds) Hold(ctx context.Context, by cloison.Caller, reason string) (Hold, error) {
	if err := CheckReason(reason); err != nil {
		return Hold{}, err
	}
	if err := l.MayHold(ctx, by); err != nil {
		return Hold{}, err
	}
	h := Hold{ID: cloison.NewActID(), At: l.now(), By: by.Account, Reason: strings.TrimSpace(reason)}
	return h, l.store.AddHold(ctx, h, l.event("ledger.held", h, by))
}

// MayLift says whether the caller may ask for the end of a hold, or be the second of the two who end it. It returns the
// hold, or NotFound, Conflict when it is lifted already, Denied with its reason.
func (l *LegalHolds) MayLift(ctx context.Context, by cloison.Caller, id cloison.ActID) (Hold, error) {
	if err := l.authority.MayLift(ctx, by); err != nil {
		return Hold{}, err
	}
	h, err := l.find(ctx, id)
	switch {
	case err != nil:
		return Hold{}, err
	case !h.Lifted.IsZero():
		return Hold{}, cloison.Errorf(cloison.Conflict, "legal hold %v: already lifted", id)
	case by.IsOperator():
		return h, nil
	}
	if asked, err := l.asked(ctx, h); err != nil || !asked {
		return h, err
	}
	return h, l.authority.Independent(ctx, h.AskedBy, by.Account)
}

// Lift ends a hold. It takes two people: the first asks, the second, outside the first one's control, ends it. The
// operator ends it at once. It reports whether the hold is lifted. What the hold kept goes a week later.
func (l *LegalHolds) Lift(ctx context.Context, by cloison.Caller, id cloison.ActID) (lifted bool, err error) {
	h, err := l.MayLift(ctx, by, id)
	if err != nil {
		return false, err
	}
	before := h.AskedBy
	asked, err := l.asked(ctx, h)
	if err != nil {
		return false, err
	}
	if !asked && !by.IsOperator() {
		h.AskedBy, h.Asked = by.Account, l.now()
		return false, l.store.LiftHold(ctx, h, before, l.event("ledger.lift_asked", h, by))
	}
	h.Lifted, h.LiftedBy = l.now(), by.Account
	return true, l.store.LiftHold(ctx, h, before, l.event("ledger.lifted", h, by))
}

// asked reports whether somebody has asked for the end of a hold and may still; otherwise the next one asks anew.
func (l *LegalHolds) asked(ctx context.Context, h Hold) (bool, error) {
	if h.AskedBy == 0 {
		return false, nil
	}
	err := l.authority.MayLift(ctx, cloison.Caller{Account: h.AskedBy})
	if err != nil && cloison.KindOf(err) == cloison.Denied {
		return false, nil
	}
	return err == nil, err
}

// Holds lists all holds, the latest first.
func (l *LegalHolds) Holds(ctx context.Context) ([]Hold, error) { return l.store.Holds(ctx) }

func (l *LegalHolds) find(ctx context.Context, id cloison.ActID) (Hold, error) {
	all, err := l.store.Holds(ctx)
	if err != nil {
		return Hold{}, err
	}
	i := slices.IndexFunc(all, func(h Hold) bool { return h.ID == id })
	if i < 0 {
		return Hold{}, cloison.Errorf(cloison.NotFound, "legal hold %v: not found", id)
	}
	return all[i], nil
}

func (l *LegalHolds) event(code string, h Hold, by cloison.Caller) journal.Event {
	return journal.Event{At: l.now(), Code: code, Actor: by.Account, Session: by.Session, Act: h.ID}
}
