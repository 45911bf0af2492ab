package watch

import (
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/wall/disclose"
)

// Sentence is an alarm in numbers and reasons; the words are in the message catalogues (« En 9 dossiers, 9
// sans rattachement. L’habilitation a 14 minutes… »). It holds no personal data.
type Sentence struct {
	Alarm       int64
	Subject     disclose.Counted // whose stream reached the level
	Level       string           // soft or hard
	Persons     int              // asked for in the day
	Unexplained int              // of them
	Statistic   float64          // normal work reaches it less than once in this number of disclosures
	Age         time.Duration    // of the account at the alarm; zero when it is unknown
	Fresh       bool             // on probation
	Maker       cloison.AccountID
	Approver    cloison.AccountID
	Cut         bool // its lineage was cut for it
}

// Explain makes the sentence of an alarm about an account as it was before any cut.
func Explain(a disclose.Alarm, account directory.Account) Sentence {
	s := Sentence{Alarm: a.ID, Subject: a.Counted, Level: a.Level, Persons: a.Persons, Unexplained: a.Unexplained,
		Statistic: a.Statistic, Fresh: account.Fresh(a.At), Maker: account.CreatedBy, Approver: account.ApprovedBy}
	if account.ReenrolledBy != 0 {
		s.Maker = account.ReenrolledBy
	}
	if !account.Created.IsZero() {
		s.Age = a.At.Sub(account.Created)
	}
	return s
}

// Detail returns the sentence as the journal keeps it.
func (s Sentence) Detail() map[string]string {
	return map[string]string{
		"alarm":       strconv.FormatInt(s.Alarm, 10),
		"subject":     string(s.Subject),
		"persons":     strconv.Itoa(s.Persons),
		"unexplained": strconv.Itoa(s.Unexplained),
		"statistic":   strconv.FormatFloat(s.Statistic, 'f', 0, 64),
		"age_seconds": strconv.FormatInt(int64(s.Age.Seconds()), 10),
		"fresh":       strconv.FormatBool(s.Fresh),
		"maker":       s.Maker.String(),
		"approver":    s.Approver.String(),
		"cut":         strconv.FormatBool(s.Cut),
	}
}
