package signin

import (
	"context"
	"strconv"
	"strings"

	"cloison"
)

// deviceOf says in codes which browser on which system a user agent says it is, as "firefox linux"; what it does not
// know is "other". It is for people who look at a list of their sessions, and nothing is decided on it: a user agent
// says what it likes. The order matters: most browsers also say that they are others.
func deviceOf(agent string) string {
	first := func(marks ...string) string {
		for i := 0; i < len(marks); i += 2 {
			if strings.Contains(agent, marks[i]) {
				return marks[i+1]
			}
		}
		return "other"
	}
	browser := first("Edg", "edge", "OPR/", "opera", "SamsungBrowser/", "samsung", "Firefox/", "firefox", "FxiOS/", "firefox",
		"Chrome/", "chrome", "CriOS/", "chrome", "Safari/", "safari")
	system := first("iPhone", "ios", "iPad", "ios", "Android", "android", "Windows", "windows", "CrOS", "chromeos",
		"Mac OS X", "macos", "Linux", "linux")
	return browser + " " + system
}

// Claims splits Device into its two codes; both are "other" when it is not known.
func (s Session) Claims() (browser, system string) {
	browser, system, ok := strings.Cut(s.Device, " ")
	if !ok {
		return "other", "other"
	}
	return browser, system
}

// seenAt notes from where the session's account signs in, and reports whether that is new. When it cannot be noted it
// is: better one message too many.
func (s *Signin) seenAt(ctx context.Context, session Session) bool {
	known, err := s.store.SeenAt(context.WithoutCancel(ctx), session.Account, session.Network, session.UserAgent, s.now())
	if err != nil {
		s.log.WarnContext(ctx, "from where an account signs in could not be noted", "account", session.Account.String(), "err", err)
	}
	return !known
}

// provedAt notes that a passkey was shown from where the session is: from now on the place becomes the account's own.
// When it cannot be noted, it stays a strange one.
func (s *Signin) provedAt(ctx context.Context, session Session) {
	err := s.store.ProvedAt(context.WithoutCancel(ctx), session.Account, session.Network, session.UserAgent, s.now())
	if err != nil {
		s.log.WarnContext(ctx, "where a passkey was shown could not be noted", "account", session.Account.String(), "err", err)
	}
}

// placed is the detail of an event that says from where a session is used. Neither the network nor the user agent can
// be read from it; new_device says that the account was not seen there in the last year.
func (s *Signin) placed(ctx context.Context, session Session, detail map[string]string) map[string]string {
	detail["network"], detail["device"], detail["browser"] = networkDigest(session.Network), session.UserAgent, session.Device
	if session.Account != cloison.AccountID(0) {
		detail["new_device"] = strconv.FormatBool(s.seenAt(ctx, session))
	}
	return detail
}
