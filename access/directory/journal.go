package directory

import "cloison/ledger/journal"

// Event is one line of the journal.
type Event = journal.Event

// EventSearch says which events of the journal a list shows, the newest first.
type EventSearch = journal.Search
