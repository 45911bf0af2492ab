// Package disclose decides whether a person is shown to an account, and records it first.
//
// It promises that a person whom Disclose returns as shown has a durable row; that no cap and no bound is exceeded
// under any concurrency, replica count, crash or retry; and that nothing is shown to an account of a cut once that cut
// is committed. One writer per process and one gate per ledger keep these promises. The writer drains the waiting
// requests into a group, decides them in order on facts read under one fence, and commits them in one transaction. The
// commit fails as Stale when one of these facts has changed; the writer then decides the whole group again. One fsync
// serves the group, and no request waits for a timer.
//
// When the outcome of a commit is unknown, the rows may be stored and the answer is withheld: the ledger may list a
// disclosure that did not happen, never the reverse.
//
// disclose.go is the spine. writer.go groups requests and commits them; draft.go decides one group; writer_state.go is
// what the writer remembers between commits; facts.go caches what the directory says; clock_guard.go stops disclosures
// while the clock is in doubt. radius.go, network_radius.go and usage.go only read: how much can still leave.
package disclose
