// Package directory knows who may enter and why: partner bodies (structures), their agents' accounts (habilitations),
// and the explanations (motifs de rattachement) by which an agent meets a person.
//
// It promises four things:
//
//   - nobody makes an account alone. A manager (RGC) proposes for its own structure, an approver outside the
//     manager's control says yes, and a code handed over in person binds the account to one subject of one identity
//     provider;
//   - every account has a lineage (filiation): who created, approved or re-enrolled it is known, and what it
//     discloses is charged to its root;
//   - an explanation that an account, or somebody of its making, gave to itself is marked as such and counts as none;
//   - every act checks the caller itself, against the table in authority.go, at the moment of the act. No transport
//     and no screen has to be trusted for it.
//
// It decides on facts read from its [Store] and commits only if they still hold: a decision on changed facts is
// cloison.Stale and is taken again. Reading files, sessions and passkeys are other packages' business.
package directory
