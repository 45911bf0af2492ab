package signin

import (
	"context"
	"net/http"
	"net/url"

	"cloison"
	"cloison/access/directory"
)

// Return ends a sign-in: the browser came back from the provider. It opens a session, sets its cookie and returns the
// local path to go to. A session that the browser had before ends. Refusals are Denied, or Unavailable when provider or
// store cannot answer.
func (s *Signin) Return(w http.ResponseWriter, r *http.Request) (string, error) {
	o, err := s.originOf(r)
	if err != nil {
		return "", err
	}
	q, err := answerOf(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	under, err := s.underWay(r, o, q.Get("state"))
	if err != nil {
		return "", err
	}
	p, err := s.provider.get(r.Context())
	if err != nil {
		return "", err
	}
	switch iss := q.Get("iss"); {
	case iss != "" && iss != p.issuer, iss == "" && p.namesIss:
		return "", refuse(cloison.Denied, MixedUp, "the answer is not said to be of our provider (iss)")
	case q.Get("error") != "":
		return "", providerRefused(q.Get("error"), q.Get("error_description"))
	case q.Get("code") == "":
		return "", refuse(cloison.Invalid, BadRequest, "the answer has neither code nor error")
	}
	if s.throttle.full(s.network(r), s.now()) {
		return "", refuse(cloison.Denied, Throttled, "%d answers of this network had no good code", throttleAfter)
	}
	id, err := s.provider.redeem(r.Context(), p, under, q.Get("code"), o.callback())
	if err != nil {
		if cloison.KindOf(err) == cloison.Denied {
			s.throttle.count(s.network(r), s.now())
		}
		return "", err
	}
	// Only now, so that who has no code of the provider writes nothing.
	if err := s.store.SpendState(r.Context(), digest(under.state), under.made.Add(flowLife+leeway)); err != nil {
		if cloison.KindOf(err) == cloison.Conflict {
			return "", refuse(cloison.Denied, FlowUnknown, "the state was used before: %w", err)
		}
		return "", err
	}
	token, err := s.admit(r, id)
	if err != nil {
		return "", err
	}
	s.endCookie(r, o, "signed_in_again")
	setCookie(w, o, sessionCookie, token.Reveal(), 0)
	return LocalPath(under.back), nil
}

// answerOf reads the parameters of the provider's answer. One that is there twice is read differently by different
// readers: refused.
func answerOf(query string) (url.Values, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, refuse(cloison.Invalid, BadRequest, "the answer of the provider cannot be read")
	}
	for name, values := range q {
		if len(values) > 1 {
			return nil, refuse(cloison.Invalid, BadRequest, "the answer has the parameter %q twice", clip(name))
		}
	}
	return q, nil
}

// underWay opens the state of an answer and says whether this browser began it, lately. Another browser that comes with
// it is refused and changes nothing.
func (s *Signin) underWay(r *http.Request, o origin, state string) (flow, error) {
	browser, _ := cookieValue(r, o, flowCookie)
	under, ours, err := s.sealer.open(state, browser)
	if err != nil {
		return flow{}, err
	}
	switch now := s.now(); {
	case now.Before(under.made.Add(-leeway)):
		return flow{}, refuse(cloison.Unavailable, ClockBack, "the sign-in began in the future: the clock went back")
	case !now.Before(under.made.Add(flowLife)):
		return flow{}, refuse(cloison.Denied, FlowUnknown, "the sign-in began more than %s ago", flowLife)
	case !ours:
		return flow{}, refuse(cloison.Denied, FlowOtherBrowser, "another browser began the sign-in")
	}
	return under, nil
}

// admit judges a verified identity and opens its session.
func (s *Signin) admit(r *http.Request, id identity) (cloison.Secret, error) {
	if id.idp == "" || len(id.idp) > 255 {
		return "", refuse(cloison.Denied, ProviderUntold, "userinfo names no identity provider (idp_id)")
	}
	ctx, b := r.Context(), directory.Binding{IdP: id.idp, Sub: id.sub}
	_, err := judge(id.acr, id.amr, s.trusts(id.idp))
	var account directory.Account
	if err == nil {
		account, err = s.accountOf(ctx, b, id.email)
	}
	if err != nil {
		if cloison.KindOf(err) == cloison.Denied {
			s.journal(ctx, directory.Event{Code: "session.refused", Account: account.ID, Detail: map[string]string{
				"reason": string(ReasonOf(err)), "idp": clip(id.idp), "acr": clip(id.acr)}})
		}
		return "", err
	}
	return s.open(r, Session{Account: account.ID, Binding: b, IDToken: id.idToken, Acr: id.acr, Amr: id.amr, Auth: id.auth,
		Expires: s.now().Add(s.settings.Absolute)})
}

// accountOf finds the account of a subject; the zero account when it has none and may use an enrolment code. A subject
// with the address of an account that is bound to another is not let in: a mailbox that was taken over gives no
// account, not even one to enrol. An account whose binding was undone, to be bound again under four eyes, has none and
// does not stand in the way.
func (s *Signin) accountOf(ctx context.Context, b directory.Binding, email cloison.Personal) (directory.Account, error) {
	a, err := s.directory.AccountByBinding(ctx, b)
	switch {
	case err == nil && a.State != directory.Active:
		return a, refuse(cloison.Denied, NotActive, "the account is %s", a.State)
	case err == nil:
		return a, nil
	case cloison.KindOf(err) != cloison.NotFound:
		return directory.Account{}, err
	case email == "":
		return directory.Account{}, nil
	}
	a, err = s.boundByEmail(ctx, email)
	if err == nil && a.ID != 0 {
		err = refuse(cloison.Denied, OtherSubject, "its e-mail address is that of an account bound to another subject")
	}
	return a, err
}

// boundByEmail finds a bound account with that address; the zero account when there is none.
func (s *Signin) boundByEmail(ctx context.Context, email cloison.Personal) (directory.Account, error) {
	list, err := s.directory.AccountsByEmail(ctx, email)
	for _, a := range list {
		if a.Binding != (directory.Binding{}) {
			return a, nil
		}
	}
	return directory.Account{}, err
}
