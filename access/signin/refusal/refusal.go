package refusal

import (
	"errors"
	"fmt"
	"net/http"

	"cloison"
	"cloison/access/directory"
)

// Reason is why a sign-in, a passkey or an act is refused: a code of the message catalogue. It is in the chain of every
// error that New makes.
type Reason string

const (
	SignedOut   Reason = "signed_out"   // no session, or it is over
	NoAccount   Reason = "no_account"   // a known identity without an account
	NotActive   Reason = "not_active"   // the account is pending, suspended or closed
	UnknownHost Reason = "unknown_host" // /cloison/ is not served under that name
	BadRequest  Reason = "bad_request"  // not the form that the route takes
	ClockBack   Reason = "clock_back"   // our clock is behind what is already recorded
	Closed      Reason = "closed"       // the store is in doubt
	Fault       Reason = "internal"     // a fault of ours: the log says more

	FlowUnknown      Reason = "flow_unknown"       // no such sign-in is under way: used, too old, or forged
	FlowOtherBrowser Reason = "flow_other_browser" // another browser began the sign-in
	MixedUp          Reason = "mixed_up"           // the answer names another provider (RFC 9207)

	ProviderDown    Reason = "provider_down"      // the federation does not answer
	ProviderError   Reason = "provider_error"     // it answered with an error that has no sentence of its own
	ProviderDenied  Reason = "provider_denied"    // access_denied: the person or the federation said no
	FactorTooWeak   Reason = "factor_unavailable" // access_denied: no factor of the level asked for (acr)
	LoginRequired   Reason = "login_required"     // the provider wants its own sign-in first
	ProviderBlocked Reason = "provider_blocked"   // Y500024: the federation blocked the account
	DomainBarred    Reason = "domain_barred"      // Y500025: the e-mail domain is not open to this service
	SectorBarred    Reason = "sector_barred"      // Y500015: the service is not declared open to this sector
	TokenRefused    Reason = "token_refused"      // a token did not verify

	LevelRefused   Reason = "level_refused"    // acr is missing, or none that we asked for, as eidas0
	FactorUntold   Reason = "factor_untold"    // amr is missing: the identity provider does not say how it authenticated its person
	FactorMailOnly Reason = "factor_mail_only" // nothing but a code or a link by mail
	ProviderUntold Reason = "provider_untold"  // no idp_id
	OtherSubject   Reason = "other_subject"    // the e-mail address belongs to an account that is bound to another sub
	CodeUnknown    Reason = "code_unknown"     // no such enrolment code
	CodeMalformed  Reason = "code_malformed"   // not the form of an enrolment code
	CodeUsed       Reason = "code_used"        // or the sub has an account already
	PasskeyNone    Reason = "passkey_none"     // the account has no passkey
	PasskeyNeeded  Reason = "passkey_needed"   // a presence of a few minutes ago at most
	PasskeyRefused Reason = "passkey_refused"  // the assertion or the registration did not verify
	PasskeyCloned  Reason = "passkey_cloned"   // a copy of the key is in use
	PasskeyModel   Reason = "passkey_model"    // its model is not on the list, or no maker vouches for it
	PasskeyNotOpen Reason = "passkey_not_open" // a new passkey needs an enrolment code, or the approval of an existing one
	PasskeysFull   Reason = "passkeys_full"    // the account has as many as it may
	PasskeyLast    Reason = "passkey_last"     // the last one is not removed: suspend the account instead
	PasskeyUnknown Reason = "passkey_unknown"  // not one of the account's
	SessionUnknown Reason = "session_unknown"  // not one of the account's
	ActUnknown     Reason = "act_unknown"      // used already, of another session, or never begun
	ActExpired     Reason = "act_expired"      // its two minutes are over
	Locked         Reason = "locked"           // too many failed attempts: wait
	Throttled      Reason = "throttled"        // too much from one network, or too many pages of one session
)

func (r Reason) Error() string { return string(r) }

// refused is an error with its reason, which errors.Is finds in it.
type refused struct {
	reason Reason
	err    error
}

func (r *refused) Error() string   { return string(r.reason) + ": " + r.err.Error() }
func (r *refused) Unwrap() []error { return []error{r.reason, r.err} }

// New makes an error of that kind with its reason. The rest is for the operator's log.
func New(k cloison.Kind, reason Reason, format string, args ...any) error {
	return &cloison.Error{Kind: k, Err: &refused{reason, fmt.Errorf(format, args...)}}
}

// ReasonOf returns the reason code that a person reads about err: that of a refusal of sign-in or of the directory,
// else the one of err's kind.
func ReasonOf(err error) Reason {
	var r *refused
	if errors.As(err, &r) {
		return r.reason
	}
	var bar directory.DenyReason
	if errors.As(err, &bar) {
		return Reason(bar)
	}
	switch cloison.KindOf(err) {
	case cloison.Unavailable:
		return Closed
	case cloison.Invalid:
		return BadRequest
	default:
		return Fault
	}
}

// Problem is a refusal for HTTP (RFC 9457 without its texts): the catalogues have the title, the detail and the way out
// by Reason.
type Problem struct {
	Status int    `json:"status"`
	Reason Reason `json:"reason"`
}

// ProblemOf maps an error to its problem.
func ProblemOf(err error) Problem {
	p := Problem{Status: cloison.KindOf(err).HTTPStatus(), Reason: ReasonOf(err)}
	switch p.Reason {
	case SignedOut:
		p.Status = http.StatusUnauthorized
	case Locked, Throttled:
		p.Status = http.StatusTooManyRequests
	}
	return p
}

// Clip keeps what somebody else wrote short enough for a log.
func Clip(s string) string { return s[:min(len(s), 40)] }
