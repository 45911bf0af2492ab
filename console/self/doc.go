// Package self is the viewer's own pages: what waits, what may still be read today and what was read, passkeys and
// sessions, courses and certificates.
//
// It promises that a browser that holds a cookie alone learns nothing here but that the passkey is asked for.
package self
