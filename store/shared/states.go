package shared

// The states of accounts as the texts hold them where a parameter will not do: in the condition of a partial index, and
// in counts. They are the numbers of directory.State.
const (
	Pending   = "0"
	Active    = "1"
	Suspended = "2"
	Closed    = "3"
)

// Readers are the roles that read files, adviser and reception, as bits of directory.Role.
const Readers = "3"
