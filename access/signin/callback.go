package signin

import (
	"context"
	"net/http"
	"net/url"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin/openid"
	"cloison/access/signin/refusal"
	"cloison/ledger/journal"
)

// Callback ends a sign-in: the browser came back from the provider. It opens a session, sets its cookie and returns the
// local path to go to. An earlier session of the browser ends. Refusals are Denied, or Unavailable when provider or
// store cannot answer.
func (s *Signin) Callback(w http.ResponseWriter, r *http.Request) (string, error) {
	o, err := s.originOf(r)
	if err != nil {
		return "", err
	}
	q, err := answerOf(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	request, err := s.requestUnderWay(r, o, q.Get("state"))
	if err != nil {
		return "", err
	}
	p, err := s.provider.Provider(r.Context())
	if err != nil {
		return "", err
	}
	code, err := p.Code(q)
	if err != nil {
		return "", err
	}
	if s.throttle.full(s.network(r), s.now()) {
		return "", refusal.New(cloison.Denied, refusal.Throttled, "%d answers of this network had no good code", throttleAfter)
	}
	id, err := s.provider.Redeem(r.Context(), p, request, code, o.callback())
	if err != nil {
		if cloison.KindOf(err) == cloison.Denied {
			s.throttle.count(s.network(r), s.now())
		}
		return "", err
	}
	// Only now, so that a request without a code of the provider writes nothing.
	if err := s.store.SpendState(r.Context(), digest(request.State), request.Made.Add(flowLife+leeway)); err != nil {
		if cloison.KindOf(err) == cloison.Conflict {
			return "", refusal.New(cloison.Denied, refusal.FlowUnknown, "the state was used before: %w", err)
		}
		return "", err
	}
	token, err := s.admit(r, id)
	if err != nil {
		return "", err
	}
	s.endCookie(r, o, "signed_in_again")
	setCookie(w, o, sessionCookie, token.Reveal(), 0)
	return LocalPath(request.Back), nil
}

// answerOf reads the parameters of the provider's answer. A parameter that is there twice is refused, because programs
// disagree on which one counts.
func answerOf(query string) (url.Values, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, refusal.New(cloison.Invalid, refusal.BadRequest, "the answer of the provider cannot be read")
	}
	for name, values := range q {
		if len(values) > 1 {
			return nil, refusal.New(cloison.Invalid, refusal.BadRequest, "the answer has the parameter %q twice", refusal.Clip(name))
		}
	}
	return q, nil
}

// requestUnderWay opens the state of an answer; this browser must have begun the sign-in within flowLife. Another
// browser is refused and changes nothing.
func (s *Signin) requestUnderWay(r *http.Request, o origin, state string) (openid.Request, error) {
	browser, _ := cookieValue(r, o, flowCookie)
	under, ours, err := s.sealer.Open(state, browser)
	if err != nil {
		return openid.Request{}, err
	}
	switch now := s.now(); {
	case now.Before(under.Made.Add(-leeway)):
		return openid.Request{}, refusal.New(cloison.Unavailable, refusal.ClockBack, "the sign-in began in the future: the clock went back")
	case !now.Before(under.Made.Add(flowLife)):
		return openid.Request{}, refusal.New(cloison.Denied, refusal.FlowUnknown, "the sign-in began more than %s ago", flowLife)
	case !ours:
		return openid.Request{}, refusal.New(cloison.Denied, refusal.FlowOtherBrowser, "another browser began the sign-in")
	}
	return under, nil
}

// admit judges a verified identity and opens its session.
func (s *Signin) admit(r *http.Request, id openid.Identity) (cloison.Secret, error) {
	if id.IdP == "" || len(id.IdP) > 255 {
		return "", refusal.New(cloison.Denied, refusal.ProviderUntold, "userinfo names no identity provider (idp_id)")
	}
	ctx, b := r.Context(), directory.Binding{IdP: id.IdP, Sub: id.Sub}
	_, err := openid.Assurance(id.Acr, id.Amr, s.trusts(id.IdP))
	var account directory.Account
	if err == nil {
		account, err = s.accountOf(ctx, b, id.Email)
	}
	if err != nil {
		if cloison.KindOf(err) == cloison.Denied {
			s.journal(ctx, journal.Event{Code: "session.refused", Account: account.ID, Detail: map[string]string{
				"reason": string(refusal.ReasonOf(err)), "idp": refusal.Clip(id.IdP), "acr": refusal.Clip(id.Acr)}})
		}
		return "", err
	}
	return s.open(r, Session{Account: account.ID, Binding: b, IDToken: id.IDToken, Acr: id.Acr, Amr: id.Amr, Auth: id.Auth,
		Expires: s.now().Add(s.settings.Absolute)})
}

// accountOf finds the account of a binding; the zero account when there is none and an enrolment code may be used. A
// sub with the address of an account that is bound to another sub is refused: a mailbox that was taken over gives no
// account, not even one to enrol. An account whose binding was undone, for a re-enrolment, has none and does not count
// here.
func (s *Signin) accountOf(ctx context.Context, b directory.Binding, email cloison.Personal) (directory.Account, error) {
	a, err := s.directory.AccountByBinding(ctx, b)
	switch {
	case err == nil && a.State != directory.Active:
		return a, refusal.New(cloison.Denied, refusal.NotActive, "the account is %s", a.State)
	case err == nil:
		return a, nil
	case cloison.KindOf(err) != cloison.NotFound:
		return directory.Account{}, err
	case email == "":
		return directory.Account{}, nil
	}
	a, err = s.boundByEmail(ctx, email)
	if err == nil && a.ID != 0 {
		err = refusal.New(cloison.Denied, refusal.OtherSubject, "its e-mail address is that of an account bound to another sub")
	}
	return a, err
}

// boundByEmail finds a bound account with that address; the zero account: there is none.
func (s *Signin) boundByEmail(ctx context.Context, email cloison.Personal) (directory.Account, error) {
	list, err := s.directory.AccountsByEmail(ctx, email)
	for _, a := range list {
		if a.Binding != (directory.Binding{}) {
			return a, nil
		}
	}
	return directory.Account{}, err
}
