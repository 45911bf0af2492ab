package directory

import (
	"time"

	"cloison"
)

// EventSearch says which events of the journal a list shows, the newest first. The zero value is all of them.
type EventSearch struct {
	Account cloison.AccountID // who did it, or whom it is about; zero: anybody
	Code    string            // "" is every code
	Since   time.Time         // since ≤ at < until; zero: open
	Until   time.Time
	Before  int64 // the list goes on below this number; 0: from the newest
	Limit   int
}
