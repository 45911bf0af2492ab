// Package ledger is the ledger as outsiders see it: the form of a row, of the leaf that commits to it, of a checkpoint
// and of a proof, and the code that verifies them. It is the only API of Cloison that is promised to others: what it
// accepts today it accepts for ever, and new versions get new names inside the formats.
//
// It verifies without trusting: only the log's public key, no network, no database, and nothing of the code that writes
// the log. It stands on the standard library and on golang.org/x/mod/sumdb, which the Go module checksum database uses.
//
// [Row] is one disclosure; [Row.Leaf] commits to it without revealing it. [ParseProof] and [Proof.Verify] check one row.
// [VerifyLog] checks every row, tile and checkpoint, and names what was changed. FORMAT.md is the specification and
// testdata holds vectors for other implementations.
package ledger
