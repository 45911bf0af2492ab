package directory

import (
	"strings"
	"unicode/utf8"
)

const (
	maxName  = 200 // characters
	maxEmail = 254 // bytes, RFC 5321
	maxID    = 255 // bytes, OpenID Connect Core 1.0, section 2, for sub
)

// CheckName returns what is wrong with a name, or "".
func CheckName(s string) string {
	if n := utf8.RuneCountInString(s); n == 0 || n > maxName || !utf8.ValidString(s) ||
		strings.ContainsFunc(s, IsControl) {
		return "want 1 to 200 characters on one line"
	}
	return ""
}

// CheckEmail returns what is wrong with an address, or "". It refuses what surely is none; only the mail server knows
// the rest.
func CheckEmail(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || len(s) > maxEmail || !utf8.ValidString(s) ||
		strings.ContainsAny(s, " ,;<>\"") || strings.Contains(domain, "@") || strings.ContainsFunc(s, IsControl) {
		return "want one address as name@body.example"
	}
	return ""
}

// CheckBinding returns what is wrong with a binding, or "". It wants both halves or none, in visible ASCII as
// identity providers give them.
func CheckBinding(b Binding) string {
	if (b.IdP == "") != (b.Sub == "") {
		return "idp and sub go together: give both, or none for an account that will enrol by code"
	}
	for _, s := range []string{b.IdP, b.Sub} {
		if len(s) > maxID || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "idp and sub: want at most 255 visible ASCII characters"
		}
	}
	return ""
}

// IsControl reports whether r is a control character or ends a line.
func IsControl(r rune) bool {
	return r < 0x20 || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

// CheckMachine returns why the account cannot be a machine's, or "".
func CheckMachine(a Account) string {
	switch {
	case a.Roles != Source && a.Roles != NetworkSource:
		return "roles: a source has no other role: a person has an account of its own"
	case a.Binding != (Binding{}):
		return "idp and sub: a source never signs in: leave both empty"
	}
	return ""
}
