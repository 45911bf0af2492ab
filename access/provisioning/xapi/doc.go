// Package xapi lets a training platform tell who completed a course, by xAPI 1.0.3 statements.
//
// It promises that a completion becomes an attestation of an account that the client may attest, or the request is
// refused: no completion is lost in silence. Statements are not kept and not given out; only their digests stay, so
// that the same statement again changes nothing.
package xapi
