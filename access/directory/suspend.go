package directory

import (
	"context"

	"cloison"
)

// Suspend stops one account at once: no disclosure of it commits any more, and its sessions end. The reason is a code
// of the message catalogue. The operator may suspend too. What the account made is not touched: package contain cuts
// a lineage. The suspensions of machines are limited (departure_limit.go). Suspending a suspended account changes
// nothing.
func (d *Directory) Suspend(ctx context.Context, by cloison.Caller, id cloison.AccountID, reason string) error {
	return d.end(ctx, by, ToSuspend, id, Suspended, reason)
}

// MaySuspend says whether by may suspend the account as it is: nil, or why not. A suspended or closed account is a
// Conflict.
func MaySuspend(by, subject Account) error {
	if err := Allow(ToSuspend, by, subject); err != nil {
		return err
	}
	return subject.mayBecome(Suspended)
}

// Unsuspend clears when, by whom and why the account was suspended.
func (a *Account) Unsuspend() {
	var none Account
	a.SuspendedAt, a.SuspendedBy, a.SuspendedIn, a.Reason = none.SuspendedAt, 0, 0, ""
}
