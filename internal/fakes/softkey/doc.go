// Package softkey is a passkey in software, with the browser around it: it answers the JSON options of a WebAuthn
// registration or assertion (W3C Web Authentication Level 3, sections 5.1.8 and 5.1.9) as navigator.credentials does.
//
// Its signatures are real ES256 ones; what it does not have is hardware that keeps the key from being copied, so that
// tests and the drill's attackers can hold keys, copy them, and leave out the verification of the user. It is no part
// of the program that runs.
package softkey
