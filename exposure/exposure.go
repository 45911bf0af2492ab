package exposure

import "time"

// GapKind says why something may be missing from a roll. The texts are stable: they appear in JSON.
type GapKind string

const (
	BeforeLedger  GapKind = "before_ledger"  // the window begins before the ledger did
	Retention     GapKind = "retention"      // rows of that time were dropped when their retention ended
	Unsealed      GapKind = "unsealed"       // rows of that time are not yet under a signed checkpoint
	Unverified    GapKind = "unverified"     // the seals over that time were not checked for this roll
	ClockStep     GapKind = "clock_step"     // the recorder's clock was set: times in there are in doubt
	Suspended     GapKind = "suspended"      // the tool was reachable without the recorder
	UnparsedLines GapKind = "unparsed_lines" // lines of the log that could not be read
)

// Gap names one stretch of time about which a roll can't be sure. Zero times are open ends.
type Gap struct {
	Kind  GapKind   `json:"kind"`
	From  time.Time `json:"from,omitzero"`
	To    time.Time `json:"to,omitzero"`
	Lines int64     `json:"lines,omitempty"` // how many lines, for UnparsedLines
}
