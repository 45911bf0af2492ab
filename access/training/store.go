package training

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store keeps attempts and certificates. Each method is one transaction, durable when it returns nil, and moves no
// fence: a disclosure is decided on what the directory says of a training. Methods are safe for concurrent use by
// several processes. Errors carry a cloison.Kind: NotFound, Conflict, Denied, Stale, Unavailable.
type Store interface {
	// BeginAttempt stores a new attempt, if fewer than most of its account and course began at or after since; else
	// Denied. Conflict when the account has an open one of that course already. It deletes those of the account that
	// began before forget, open or not, in the same transaction.
	BeginAttempt(ctx context.Context, a Attempt, since time.Time, most int, forget time.Time) error
	Attempt(ctx context.Context, id cloison.ActID) (Attempt, error)
	// Attempts lists those of the account that began at or after since, newest first, and its open ones however old.
	Attempts(ctx context.Context, account cloison.AccountID, since time.Time) ([]Attempt, error)
	// UpdateAttempt replaces state, end and questions of an open attempt if its stored version is a.Version, and stores
	// a.Version+1; else Stale, and NotFound when it is gone. The certificate, when there is one, is stored in the same
	// transaction; Conflict when its number is taken.
	UpdateAttempt(ctx context.Context, a Attempt, c *Certificate) error

	Certificate(ctx context.Context, id cloison.ActID) (Certificate, error)
	// Certificates lists those of the account, newest first, at most limit.
	Certificates(ctx context.Context, account cloison.AccountID, limit int) ([]Certificate, error)
}

// Attempt is one go at a course, by one account.
type Attempt struct {
	ID      cloison.ActID
	Account cloison.AccountID
	Course  directory.Course
	Edition string // of the course when it began
	State   State
	Began   time.Time
	Ended   time.Time // zero while it is open
	// Round is how many situations the course has: the first so many questions count, the further ones repeat what was
	// missed.
	Round     int
	Questions []Question
	Version   int64
}

// State is where an attempt stands.
type State string

const (
	Open   State = "open"
	Passed State = "passed"
	Failed State = "failed"
	Lapsed State = "lapsed" // left open for too long, or the course has changed since
)

// Question is one situation as it is asked in one attempt.
type Question struct {
	Situation string    `json:"situation"`
	Order     []int     `json:"order"`            // the choices' places in the course, as they are shown
	Chosen    int       `json:"chosen,omitempty"` // the place shown that was chosen, from 1; 0: not answered
	Right     bool      `json:"right,omitempty"`
	At        time.Time `json:"at,omitzero"`
}

// Certificate says that an account has passed a course. Its number is that of the attempt, so that an attempt has one
// at most; it is random, and whoever checks a printed one needs nothing else.
type Certificate struct {
	ID      cloison.ActID
	Account cloison.AccountID
	Course  directory.Course
	Edition string
	Right   int // situations judged rightly at first sight
	Of      int
	At      time.Time
	Until   time.Time // the end of its validity
}
