// Package provisioning takes in what other systems tell: who joins and leaves a structure, by SCIM 2.0 (RFC 7643, RFC 7644)
// from its identity system, and who completed a course, by xAPI statements from a training platform.
//
// It promises four things:
//
//   - a machine makes no account. What SCIM creates is a proposal, which waits for an approver as a manager's does; a
//     suspension is immediate, because that way round nobody has to be asked;
//   - a machine is an account of the directory, with the role source and no way to sign in. What it may do is the
//     directory's table, its speed is a manager's, what it proposed is its lineage, and cutting it stops it with the
//     next request;
//   - a machine learns of nobody outside its structure: an id of another one is not found, as one that never was;
//   - the same message twice does what it did once.
//
// Requests carry a bearer token of at least 32 bytes, or Basic credentials where xAPI clients know nothing else. There
// is no token in the config, only files that hold one, and no listener unless one is named.
package provisioning
