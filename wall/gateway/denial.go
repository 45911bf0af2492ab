package gateway

import (
	"fmt"
	"net/http"
	"net/url"

	"cloison"
	"cloison/internal/i18n"
	"cloison/rules/policy"
	"cloison/wall/mapping"
)

// deny answers a decision that shows nobody. A step-up is the challenge of RFC 9470.
func (x *exchange) deny(d policy.Decision) ending {
	if len(d.Reasons) == 0 {
		return x.refuseUnrecorded(cloison.Errorf(cloison.Internal, "a decision %q without reasons", d.Outcome))
	}
	reasons := make([]reason, 0, len(d.Reasons))
	for _, r := range d.Reasons {
		reasons = append(reasons, x.reasonOf(r))
	}
	if d.Factor != "" {
		reasons[0].action = x.factorPath(d.Factor)
	}
	switch {
	case d.Outcome == policy.StepUp:
		x.w.Header().Set("WWW-Authenticate", challenge(d))
		return x.refuse(http.StatusUnauthorized, stepUp, reasons...)
	case d.Reasons[0].Code == policy.LedgerUnavailable, d.Reasons[0].Code == policy.ClockDoubt:
		x.w.Header().Set("Retry-After", "5")
		return x.refuse(http.StatusServiceUnavailable, ledgerUnavailable, reasons...)
	}
	return x.refuse(http.StatusForbidden, denied, reasons...)
}

// challenge is the WWW-Authenticate of a step-up (RFC 9470, 3): which proof, and that it must be made now.
func challenge(d policy.Decision) string {
	wanted := policy.OwnPasskey
	if d.Factor == policy.SignInFactor {
		wanted = policy.PhishingResistant
	}
	c := fmt.Sprintf(`Bearer error="insufficient_user_authentication", error_description="%s", acr_values="%s"`,
		d.Reasons[0].Code, wanted)
	if d.Reasons[0].Code != policy.WeakFactor {
		c += `, max_age="0"`
	}
	return c
}

// prove is where a proof is made; it comes back to where the agent is.
func (x *exchange) factorPath(p policy.Factor) string {
	page := "/cloison/step-up"
	if p == policy.SignInFactor {
		page = "/cloison/signin"
	}
	return page + "?return=" + url.QueryEscape(x.returnPath())
}

// words turns a reason of policy into one of the catalogue.
func (x *exchange) reasonOf(r policy.Reason) reason {
	out := reason{code: string(r.Code), params: i18n.Params{"n": r.Limit, "limit": r.Limit, "by": r.By.String(),
		"since": r.Since.In(x.zone), "until": r.Until.In(x.zone)}}
	switch r.Code {
	case policy.TooManyRows:
		out.params["n"] = r.Count
	case policy.IsSuspended:
		if r.By == 0 {
			out.code += "_system"
		}
	case policy.NotActive:
		if r.State == policy.Pending || r.State == policy.Closed {
			out.code += "_" + string(r.State)
		}
		if r.State == policy.Pending {
			out.action = "/cloison/"
		}
	case policy.NotExplained:
		out.action = "/cloison/dossier"
	case policy.Training:
		out.action = "/cloison/training?return=" + url.QueryEscape(x.returnPath())
		if r.Course == policy.ManagersCourse {
			out.code += "_managers"
		}
		if r.Until.IsZero() {
			out.code += "_never"
		}
	}
	return out
}

// signIn sends a person to the sign-in, and tells a program to go there.
func (x *exchange) signIn() ending {
	to := x.factorPath(policy.SignInFactor)
	if x.isNavigation() {
		setPrivate(x.w.Header())
		x.w.Header().Set("Location", x.public+to)
		x.w.WriteHeader(http.StatusSeeOther)
		return signedOut
	}
	x.w.Header().Set("WWW-Authenticate", `Bearer realm="`+x.tool.Name+`"`)
	return x.refuse(http.StatusUnauthorized, signedOut, reason{code: "signed_out", action: to})
}

// back is the local path that the agent comes back to after a proof: the page itself, or the page whose script asked.
func (x *exchange) returnPath() string {
	to := x.r.URL
	if !x.isNavigation() {
		from, err := url.Parse(x.r.Header.Get("Referer"))
		if err != nil || from.Host != x.r.Host {
			return "/"
		}
		to = from
	}
	if !mapping.CleanPath(to.EscapedPath()) {
		return "/" // a path such as //elsewhere.example would lead away
	}
	return to.RequestURI()
}
