package lifecycle

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Posture is how well one structure keeps its accounts. Counts are of accounts; those of keys and training are of
// active ones.
type Posture struct {
	Structure directory.Structure

	Active    int
	Pending   int
	Suspended int
	Probation int // active or pending
	Dormant   int // active and unused for too long, or suspended as unused

	WithKey  int // a passkey or more
	WithTwo  int // two passkeys or more
	Trained  int // awareness is valid
	Due      int // of them, it ends within thirty days
	Readers  int // active or pending advisers and receptions
	Newcomer int // of them, those on probation

	Review     cloison.ActID // the open one
	ReviewDue  time.Time
	Waiting    int       // its accounts without an answer
	ReviewedAt time.Time // when the last one was closed
}

// Accounts is how many may work here, now or once they have enrolled.
func (p Posture) Accounts() int { return p.Active + p.Pending }

// Share is n of the active accounts in whole percent, rounded down: 100 is all of them.
func (p Posture) Share(n int) int {
	if p.Active == 0 {
		return 0
	}
	return n * 100 / p.Active
}

// Postures returns that of one structure, or of all (""), by id.
func (lc *Lifecycle) Postures(ctx context.Context, structure cloison.StructureID) ([]Posture, error) {
	now := lc.now()
	return lc.store.Postures(ctx, structure, now, now.AddDate(0, 0, 30), now.Add(-lc.settings.DormantAfter))
}
