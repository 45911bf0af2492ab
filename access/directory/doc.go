// Package directory knows who may enter: partner bodies (structures), their agents' accounts (habilitations), what each
// account may do, and the journal of what was done.
//
// It promises three things:
//
//   - every account has a lineage (filiation): who created, approved or re-enrolled it is known, and what it discloses
//     is charged to its root;
//   - every act checks the caller itself, against the table in authority.go, at the moment of the act. No transport
//     and no screen has to be trusted for it;
//   - what an act decided on must still hold when it commits: a decision on changed facts is cloison.Stale and is taken
//     again.
//
// Proposals and codes are package approval's, the reasons to meet a person package explanation's; sessions and passkeys
// are package signin's.
package directory
