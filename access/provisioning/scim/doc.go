// Package scim lets an identity system tell who joins and leaves a structure, by SCIM 2.0 (RFC 7643, RFC 7644).
//
// It promises two things:
//
//   - it creates no account. A new person becomes a proposal, which waits for an approver as a manager's does; a
//     suspension is immediate, because it needs no second person;
//   - a client learns of nobody outside its structure, and of nobody with an oversight role: their ids are not found.
//
// Read scim.go, then people.go for what a client sees, read.go and write.go for its requests, patch.go for the
// attributes.
package scim
