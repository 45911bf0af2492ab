// Package provisioning serves the machines that know agents: identity systems and training platforms. It holds what
// both protocols need (tokens, bounded requests, strict JSON, refusals); package scim and package xapi speak them.
//
// It promises four things:
//
//   - a machine makes no account: it makes proposals, suspensions and attestations;
//   - a machine is an account of the directory, with the role source and no way to sign in. Its rights are those of the
//     directory's table, its numbers are a manager's, its proposals are its lineage, and a cut stops it with the next
//     request;
//   - a machine learns of nobody outside its structure: an id of another one is not found, as one that never was;
//   - the same message again changes nothing.
//
// Requests carry a bearer token of at least 32 bytes, or Basic credentials where xAPI clients know nothing else. The
// config holds no token, only names of files with one, and without an address in the config nothing listens.
package provisioning
