package incident

import "cloison/store/shared"

// Store is all that both engines share: the room access, and on top what the ledger and incidents need.
type Store struct {
	shared.Store
	JournalStore
	AlarmStore
	CutStore
	LedgerStore
	SealStore
	HoldStore
}

// A group is the methods for one noun.
type (
	JournalStore struct{ *shared.Engine } // the journal of events
	AlarmStore   struct{ *shared.Engine } // the alarms, and how far their readers are
	CutStore     struct{ *shared.Engine } // the cuts of lineages, and their undoing
	LedgerStore  struct{ *shared.Engine } // the rows of the ledger and their numbers
	SealStore    struct{ *shared.Engine } // what the sealer reads and keeps
	HoldStore    struct{ *shared.Engine } // the legal holds, and what keeps rows
)

// New makes the shared methods of an engine.
func New(e shared.Engine) Store {
	db := &e
	return Store{shared.New(db), JournalStore{db}, AlarmStore{db}, CutStore{db}, LedgerStore{db}, SealStore{db}, HoldStore{db}}
}
