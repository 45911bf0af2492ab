package limits

import (
	"encoding/binary"
	"math"

	"cloison"
)

// Tally is the counter of one account, lineage, structure or session (which uses Left alone). The zero Tally has
// counted nothing.
type Tally struct {
	Day         int32 // days since 1970-01-01 in the operator's zone
	Persons     int32 // new persons shown in the day: person × account pairs
	Pooled      int32 // of them, those shown to accounts on probation; a lineage's cap counts these
	Unexplained int32 // of Persons, those that nobody else explained
	Attempts    int32 // unexplained persons asked for in the day and refused: evidence, no disclosure
	Left        int32 // presence lease: new persons until the passkey is asked again
	Stream      Stream

	// Latched is set when the stream turns hard. The stream then stays as it is, over days too, until a person resets
	// it: what the detector saw is kept.
	Latched bool
}

// Level is the stream's level; a latched one is hard.
func (t Tally) Level(p Detector) Level {
	if t.Latched {
		return Hard
	}
	return p.Level(t.Stream)
}

// Advance returns the tally at that day. A new day clears the day's counts and keeps stream, latch and lease. A day in
// the past is Unavailable: the clock is wrong, and with it every cap.
func (t Tally) Advance(day int32) (Tally, error) {
	switch {
	case day < t.Day:
		return t, cloison.Errorf(cloison.Unavailable, "advance counter: the clock says day %d, the counter day %d; correct the clock",
			day, t.Day)
	case day > t.Day:
		return Tally{Day: day, Left: t.Left, Stream: t.Stream, Latched: t.Latched}, nil
	}
	return t, nil
}

// Reset returns the tally after a person has judged the alarm: unlatched, with a new stream. The day's counts stay.
func (t Tally) Reset() Tally {
	t.Stream, t.Latched = Stream{}, false
	return t
}

// The stored form: version, flags, six counters, five floats; big endian, fixed length.
const (
	tallyVersion = 1
	tallyLatched = 1 // flag
	tallyLen     = 2 + 6*4 + Stakes*8
)

func (t *Tally) counters() [6]*int32 {
	return [6]*int32{&t.Day, &t.Persons, &t.Pooled, &t.Unexplained, &t.Attempts, &t.Left}
}

// check returns Internal for a tally that Charge cannot have made.
func (t Tally) check() error {
	for _, n := range t.counters() {
		if *n < 0 || *n > 1<<30 {
			return cloison.Errorf(cloison.Internal, "corrupt tally: a counter is %d", *n)
		}
	}
	if t.Pooled > t.Persons || t.Unexplained > t.Persons {
		return cloison.Errorf(cloison.Internal, "corrupt tally: %d pooled and %d unexplained of %d persons",
			t.Pooled, t.Unexplained, t.Persons)
	}
	for _, r := range t.Stream {
		if math.Signbit(r) || math.IsInf(r, 0) || math.IsNaN(r) {
			return cloison.Errorf(cloison.Internal, "corrupt tally: the stream holds %v", r)
		}
	}
	return nil
}

// MarshalBinary returns the stored form, 66 bytes. It refuses what UnmarshalBinary would.
func (t Tally) MarshalBinary() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	b := make([]byte, 2, tallyLen)
	b[0] = tallyVersion
	if t.Latched {
		b[1] = tallyLatched
	}
	for _, n := range t.counters() {
		b = binary.BigEndian.AppendUint32(b, uint32(*n))
	}
	for _, r := range t.Stream {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(r))
	}
	return b, nil
}

// UnmarshalBinary reads the stored form, bit for bit. Other bytes are Internal and leave t unchanged: a corrupt counter
// stops disclosures until a person has looked.
func (t *Tally) UnmarshalBinary(b []byte) error {
	if len(b) != tallyLen || b[0] != tallyVersion || b[1]&^tallyLatched != 0 {
		return cloison.Errorf(cloison.Internal, "corrupt tally: %d bytes, not version %d of %d bytes",
			len(b), tallyVersion, tallyLen)
	}
	read := Tally{Latched: b[1] == tallyLatched}
	b = b[2:]
	for _, n := range read.counters() {
		*n, b = int32(binary.BigEndian.Uint32(b)), b[4:]
	}
	for i := range read.Stream {
		read.Stream[i], b = math.Float64frombits(binary.BigEndian.Uint64(b)), b[8:]
	}
	if err := read.check(); err != nil {
		return err
	}
	*t = read
	return nil
}
