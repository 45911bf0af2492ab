package signin

import (
	"errors"
	"fmt"
	"net/http"

	"cloison"
	"cloison/access/directory"
)

// Reason is why somebody is not let in: a code of the message catalogue. It is in the chain of every refusal of this
// package.
type Reason string

const (
	SignedOut   Reason = "signed_out"   // no session, or it is over
	NoAccount   Reason = "no_account"   // a known identity without habilitation
	NotActive   Reason = "not_active"   // the habilitation is pending, suspended or closed
	UnknownHost Reason = "unknown_host" // /cloison/ is not served under that name
	BadRequest  Reason = "bad_request"  // not the form that the route takes
	ClockBack   Reason = "clock_back"   // our clock is behind what was already recorded
	Closed      Reason = "closed"       // the store is in doubt
	Fault       Reason = "internal"     //

	FlowUnknown      Reason = "flow_unknown"       // no such sign-in is under way: used, too old, or forged
	FlowOtherBrowser Reason = "flow_other_browser" // another browser began it
	MixedUp          Reason = "mixed_up"           // the answer names another provider (RFC 9207)

	ProviderDown    Reason = "provider_down"      // the federation does not answer
	ProviderError   Reason = "provider_error"     // it answered with an error that has no sentence of its own
	ProviderDenied  Reason = "provider_denied"    // access_denied: the person or the federation said no
	FactorTooWeak   Reason = "factor_unavailable" // access_denied: no factor of the level asked for (acr)
	LoginRequired   Reason = "login_required"     //
	ProviderBlocked Reason = "provider_blocked"   // Y500024: the federation blocked the account
	DomainBarred    Reason = "domain_barred"      // Y500025: the e-mail domain is not open to this service
	SectorBarred    Reason = "sector_barred"      // Y500015: the service is not declared open to this sector
	TokenRefused    Reason = "token_refused"      // a token did not verify

	LevelRefused   Reason = "level_refused"    // acr is missing, or none that we asked for, as eidas0
	FactorUntold   Reason = "factor_untold"    // amr is missing: the identity provider does not say how it authenticated
	FactorMailOnly Reason = "factor_mail_only" // nothing but a code or a link by mail
	ProviderUntold Reason = "provider_untold"  // no idp_id
	OtherSubject   Reason = "other_subject"    // the e-mail belongs to an account that is bound to another subject
	CodeUnknown    Reason = "code_unknown"     // no such enrolment code
	CodeMalformed  Reason = "code_malformed"   //
	CodeUsed       Reason = "code_used"        // or the subject has an account already
	PasskeyNone    Reason = "passkey_none"     // the account has no passkey
	PasskeyNeeded  Reason = "passkey_needed"   // a presence of a few minutes ago at most
	PasskeyRefused Reason = "passkey_refused"  // the assertion or the registration did not verify
	PasskeyCloned  Reason = "passkey_cloned"   // a copy of the key is in use
	PasskeyModel   Reason = "passkey_model"    // not of the models that are handed out, or nobody vouches for it
	PasskeyNotOpen Reason = "passkey_not_open" // a new passkey needs an enrolment code, or the approval of an existing one
	PasskeysFull   Reason = "passkeys_full"    //
	PasskeyLast    Reason = "passkey_last"     // the last one is not removed: suspend the account instead
	PasskeyUnknown Reason = "passkey_unknown"  //
	SessionUnknown Reason = "session_unknown"  //
	ActUnknown     Reason = "act_unknown"      // used, of another session, or never begun
	ActExpired     Reason = "act_expired"      //
	Locked         Reason = "locked"           // too many failed attempts: wait
	Throttled      Reason = "throttled"        // too much from one network, or too many pages of one session
)

func (r Reason) Error() string { return string(r) }

// refusal is an error with its reason, which errors.Is finds in it.
type refusal struct {
	reason Reason
	err    error
}

func (r *refusal) Error() string { return string(r.reason) + ": " + r.err.Error() }
func (r *refusal) Unwrap() []error {
	return []error{r.reason, r.err}
}

func refuse(k cloison.Kind, reason Reason, format string, args ...any) error {
	return &cloison.Error{Kind: k, Err: &refusal{reason, fmt.Errorf(format, args...)}}
}

// ReasonOf returns the code to tell a person about err: that of a refusal of this package or of the directory, else the
// one of err's kind.
func ReasonOf(err error) Reason {
	var r *refusal
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
