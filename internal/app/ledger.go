package app

import (
	"context"
	"os"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/seal"
)

// Verified checks the whole ledger and returns the moment up to which its rows are under the log's seal.
func (a *App) Verified(ctx context.Context) (time.Time, error) {
	key, err := a.PublicKey("")
	if err != nil {
		return time.Time{}, err
	}
	mark, err := a.Store.Sealed(ctx) // before the rows are read: what is sealed later is not claimed
	if err != nil {
		return time.Time{}, err
	}
	v, err := seal.Verify(ctx, a.Store, ledger.Log{Tiles: os.DirFS(a.Config.Path(a.Config.Ledger.Directory)), Key: key})
	if err != nil {
		return time.Time{}, err
	}
	if !v.OK() {
		return time.Time{}, cloison.Errorf(cloison.Conflict, "the ledger is not what was sealed (%v): run cloison ledger verify; "+
			"--no-verify draws the roll all the same", v.Faults[0])
	}
	return mark.At, nil
}
