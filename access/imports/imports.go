package imports

import (
	"time"

	"cloison"
	"cloison/access/directory"
)

// Importer is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Importer struct {
	store     Store
	directory *directory.Directory
	now       func() time.Time
}

// New returns the stage on that store.
func New(store Store, d *directory.Directory, now func() time.Time) *Importer {
	return &Importer{store: store, directory: d, now: cloison.Clock(now)}
}
