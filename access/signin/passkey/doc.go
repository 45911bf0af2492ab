// Package passkey verifies passkeys (W3C Web Authentication Level 3): options for the browser, a new passkey's
// registration with its maker's attestation, and an assertion.
//
// It promises that an assertion is taken for one challenge, from one of the configured origins, with its holder
// verified by the authenticator. It keeps nothing: challenges, counters and names are package signin's. It is the only
// package that knows the library, whose interface still changes.
package passkey
