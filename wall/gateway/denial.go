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

// deny answers for a decision that shows nobody. A step-up is a challenge of RFC 9470.
func (x *exchange) deny(d policy.Decision) ending {
	if len(d.Reasons) == 0 {
		return x.refuseUnrecorded(cloison.Errorf(cloison.Internal, "deny: the decision %q has no reason", d.Outcome))
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

// challenge is the WWW-Authenticate of a step-up (RFC 9470, 3): which factor, and that it must be used now.
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

// factorPath is the page where the factor is used. It leads back to where the agent is.
func (x *exchange) factorPath(p policy.Factor) string {
	page := "/cloison/step-up"
	if p == policy.SignInFactor {
		page = "/cloison/signin"
	}
	return page + "?return=" + url.QueryEscape(x.returnPath())
}

// Codes of reasons of policy that have several sentences.
const (
	suspendedBySystem     refusalCode = "suspended_system"
	accountPending        refusalCode = "not_active_pending"
	accountClosed         refusalCode = "not_active_closed"
	trainingNever         refusalCode = "training_never"
	managersTraining      refusalCode = "training_managers"
	managersTrainingNever refusalCode = "training_managers_never"
)

// reasonOf turns a reason of policy into one with words.
func (x *exchange) reasonOf(r policy.Reason) reason {
	out := reason{code: refusalCode(r.Code), params: i18n.Params{"n": r.Limit, "limit": r.Limit, "by": r.By.String(),
		"since": r.Since.In(x.zone), "until": r.Until.In(x.zone)}}
	switch r.Code {
	case policy.TooManyRows:
		out.params["n"] = r.Count
	case policy.IsSuspended:
		if r.By == 0 {
			out.code = suspendedBySystem
		}
	case policy.NotActive:
		switch r.State {
		case policy.Pending:
			out.code, out.action = accountPending, "/cloison/"
		case policy.Closed:
			out.code = accountClosed
		}
	case policy.NotExplained:
		out.action = "/cloison/dossier"
	case policy.Training:
		out.action = "/cloison/training?return=" + url.QueryEscape(x.returnPath())
		switch managers := r.Course == policy.ManagersCourse; {
		case managers && r.Until.IsZero():
			out.code = managersTrainingNever
		case managers:
			out.code = managersTraining
		case r.Until.IsZero():
			out.code = trainingNever
		}
	}
	return out
}

// signIn redirects a browser's navigation to the sign-in page, and answers 401 to a program.
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

// returnPath is the local path to return to after a sign-in or a step-up: the page itself, or the page whose script
// asked.
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
		return "/" // a path such as //elsewhere.example leads to another site
	}
	return to.RequestURI()
}
