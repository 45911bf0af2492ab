// Package seal follows the ledger's rows and puts each one's leaf into a transparency log within two seconds of its
// commit, under a signed checkpoint. After that nobody, the operator included, can change, drop, add or reorder a row
// without being found by whoever holds an older checkpoint and the public key.
//
// It is never in a request's path: it reads rows that are already committed, and its failure delays sealing but no
// disclosure. The row Seq is the leaf Seq-1, always; a log and a ledger that disagree stop the sealer.
package seal
