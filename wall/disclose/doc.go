// Package disclose is the use case of the program: a person is shown to an account, or is not.
//
// Disclose promises that when it returns a person as shown, the person's row is durable; that no cap and no bound is
// exceeded under any concurrency, replica count, crash or retry; and that after a containment committed nothing of the
// cut accounts is shown. It keeps these promises with one writer per process and one gate per ledger: waiting requests
// are drained in a group, decided one after the other on facts read under one fence, and committed in one transaction
// that fails as Stale when any of these facts has changed meanwhile; then the whole group is decided again. One fsync
// serves all who wait; nobody waits for a timer.
//
// When the outcome of a commit is unknown the rows may be there and the answer is withheld: the ledger may list a
// disclosure that did not happen, never the reverse.
package disclose
