// Package public is the pages that need no account: the way from signing in to the first file (sign-in, enrolment,
// passkey, presence, training), the end of a session and why it ended, and what a refusal means.
//
// It promises that these pages tell a browser nothing about anybody but its own user, and that they name nobody to a
// browser that holds a cookie alone.
package public
