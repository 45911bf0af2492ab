// Package seal follows the ledger's rows and puts the leaf of each into a transparency log within two seconds of its
// commit, under a signed checkpoint. After that no one, the operator included, can change, drop, add or reorder a row
// unseen: an older checkpoint and the public key are enough to find it.
//
// It is never in a request's path: it reads rows that are already committed, and its failure delays sealing but no
// disclosure. The row Seq is always the leaf Seq-1; a log and a ledger that disagree stop the sealer.
package seal
