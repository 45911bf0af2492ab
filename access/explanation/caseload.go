package explanation

import (
	"time"

	"cloison"
	"cloison/access/directory"
)

// Assignment is one line of a caseload import: the account of Binding accompanies Person.
type Assignment struct {
	Binding directory.Binding
	Person  cloison.PersonRef
	Means   Means // Caseload or Appointment
	Since   time.Time
	Until   time.Time
}
