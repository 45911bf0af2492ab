package signin

import (
	"context"
	"strconv"
	"strings"

	"cloison"
)

// deviceOf names in codes the browser and the system that a user agent claims, as "firefox linux"; an unknown one is
// "other". Agents see it in the list of their sessions. No decision stands on it, because a user agent may claim
// anything. The order matters: most browsers also claim to be others.
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

// Claims splits Device into its two codes; both are "other" when it is unknown.
func (s Session) Claims() (browser, system string) {
	browser, system, ok := strings.Cut(s.Device, " ")
	if !ok {
		return "other", "other"
	}
	return browser, system
}

// seenAt notes from where the session's account signs in, and reports whether that is new. After a failure it reports
// new: better one letter too many.
func (s *Signin) seenAt(ctx context.Context, session Session) bool {
	known, err := s.store.SeenAt(context.WithoutCancel(ctx), session.Account, session.Network, session.UserAgent, s.now())
	if err != nil {
		s.log.WarnContext(ctx, "recording the place of a sign-in failed", "account", session.Account.String(), "err", err)
	}
	return !known
}

// provedAt notes that a passkey was used from where the session is: in a week the place is a familiar one. After a
// failure it stays a strange one.
func (s *Signin) provedAt(ctx context.Context, session Session) {
	err := s.store.ProvedAt(context.WithoutCancel(ctx), session.Account, session.Network, session.UserAgent, s.now())
	if err != nil {
		s.log.WarnContext(ctx, "recording the place of a passkey failed", "account", session.Account.String(), "err", err)
	}
}

// placeDetail adds to the detail of an event from where the session is used, as digests that hide the network and the
// user agent. new_device says that the account was not seen there in the last year.
func (s *Signin) placeDetail(ctx context.Context, session Session, detail map[string]string) map[string]string {
	detail["network"], detail["device"], detail["browser"] = networkDigest(session.Network), session.UserAgent, session.Device
	if session.Account != cloison.AccountID(0) {
		detail["new_device"] = strconv.FormatBool(s.seenAt(ctx, session))
	}
	return detail
}
