// Package directory knows who may enter: partner bodies (structures), their agents' accounts (habilitations), the
// table of rights, and what courses an agent has passed.
//
// It promises three things:
//
//   - every account has a lineage (filiation): its makers are known, and its disclosures count against its root;
//   - every act checks its caller against the table in authority.go, at the moment of the act. No transport and no page
//     has to be trusted for it;
//   - an act commits only on the facts that it was decided on. When they have changed, it is cloison.Stale and is decided
//     again.
//
// Proposals and enrolment codes are in package approval, explanations in package explanation, sessions and passkeys
// in package signin.
package directory
