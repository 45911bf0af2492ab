package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cloison"
)

// federation is the OpenID provider, found on first use.
type federation struct {
	settings Settings
	now      func() time.Time
	http     *http.Client

	mu     sync.Mutex
	found  *provider
	failed time.Time // when it was last asked in vain
	why    error
}

// provider is what discovery found. It is immutable.
type provider struct {
	oauth    oauth2.Config // without RedirectURL
	userinfo string
	logout   string
	namesIss bool // it promises the iss parameter in every answer (RFC 9207)
	keys     oidc.KeySet
	issuer   string
}

// identity is what a verified login says.
type identity struct {
	idp, sub string
	email    cloison.Personal
	acr      string
	amr      []string
	auth     time.Time // zero: not told
	idToken  cloison.Secret
}

const (
	callTime  = 10 * time.Second
	retryTime = 5 * time.Second // between two discoveries that fail
	maxAnswer = 1 << 20         // bytes of an answer of the provider
)

// algorithms are those the client registers. HS256 would make the provider's keys a shared secret, and none is none.
func algorithms() []string { return []string{oidc.ES256, oidc.RS256} }

func newFederation(s Settings, now func() time.Time) *federation {
	client := s.HTTP
	if client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		client = &http.Client{Transport: capped{transport}, Timeout: callTime,
			// The secret and the tokens go where the configuration says, and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &federation{settings: s, now: now, http: client}
}

// capped refuses to read answers without end.
type capped struct{ next http.RoundTripper }

func (c capped) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// get returns the provider, which it looks for again when that failed some seconds ago. Errors are Unavailable.
func (f *federation) get(ctx context.Context) (*provider, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.found != nil {
		return f.found, nil
	}
	if f.why != nil && f.now().Sub(f.failed).Abs() < retryTime {
		return nil, f.why
	}
	p, err := f.discover(ctx)
	if err != nil {
		err = refuse(cloison.Unavailable, ProviderDown, "the OpenID provider's configuration cannot be read: %w", err)
		f.failed, f.why = f.now(), err
		return nil, err
	}
	f.found = p
	return p, nil
}

// discover reads the provider's configuration (OpenID Connect Discovery 1.0).
func (f *federation) discover(ctx context.Context) (*provider, error) {
	// Who waits first may go away, and the keys are fetched again for years: nothing here is bound to one request.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), f.http)
	p, err := oidc.NewProvider(ctx, f.settings.Issuer)
	if err != nil {
		return nil, err
	}
	var extra struct {
		JWKS     string `json:"jwks_uri"`
		Logout   string `json:"end_session_endpoint"`
		NamesIss bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&extra); err != nil {
		return nil, err
	}
	if extra.JWKS == "" || p.UserInfoEndpoint() == "" {
		return nil, errors.New("it has no jwks_uri or no userinfo_endpoint")
	}
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams // client_secret_post: ProConnect takes no other secret
	return &provider{
		oauth: oauth2.Config{ClientID: f.settings.ClientID, ClientSecret: f.settings.ClientSecret.Reveal(),
			Endpoint: endpoint, Scopes: []string{oidc.ScopeOpenID, "email", "idp_id"}},
		userinfo: p.UserInfoEndpoint(), logout: extra.Logout, namesIss: extra.NamesIss,
		keys: oidc.NewRemoteKeySet(ctx, extra.JWKS), issuer: f.settings.Issuer,
	}, nil
}

// authorize returns the address to send the browser to.
func (f *federation) authorize(p *provider, under flow, redirect string) string {
	options := []oauth2.AuthCodeOption{oidc.Nonce(under.nonce), oauth2.SetAuthURLParam("claims", claimsParameter)}
	if !f.settings.WithoutPKCE {
		options = append(options, oauth2.S256ChallengeOption(under.verifier))
	}
	oauth := p.oauth
	oauth.RedirectURL = redirect
	return oauth.AuthCodeURL(under.state, options...)
}

// redeem exchanges the code and verifies both tokens. Errors are Denied, or Unavailable when the provider does not
// answer.
func (f *federation) redeem(ctx context.Context, p *provider, under flow, code, redirect string) (identity, error) {
	ctx = oidc.ClientContext(ctx, f.http)
	oauth := p.oauth
	oauth.RedirectURL = redirect
	var options []oauth2.AuthCodeOption
	if !f.settings.WithoutPKCE {
		options = append(options, oauth2.VerifierOption(under.verifier))
	}
	token, err := oauth.Exchange(ctx, code, options...)
	if err != nil {
		return identity{}, f.exchangeFailed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, claims, err := f.verify(ctx, p, raw)
	if err != nil {
		return identity{}, err
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(under.nonce)) != 1:
		return identity{}, tokenRefused("the id token answers another request (nonce)")
	case id.IssuedAt.Before(under.made.Add(-leeway)):
		return identity{}, tokenRefused("the id token is older than the request")
	case id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil:
		return identity{}, tokenRefused("the access token is not the id token's (at_hash)")
	}
	info, err := f.askUserinfo(ctx, p, token, id.Subject)
	if err != nil {
		return identity{}, err
	}
	var auth time.Time
	if claims.AuthTime > 0 {
		auth = time.Unix(claims.AuthTime, 0).UTC()
	}
	return identity{idp: info.IdP, sub: id.Subject, email: info.Email, acr: claims.Acr, amr: claims.Amr, auth: auth,
		idToken: cloison.Secret(raw)}, nil
}

// claims are those of either token that go-oidc does not check.
type claims struct {
	Azp       string           `json:"azp"`
	NotBefore float64          `json:"nbf"`
	Acr       string           `json:"acr"`
	Amr       []string         `json:"amr"`
	AuthTime  int64            `json:"auth_time"`
	IdP       string           `json:"idp_id"` // of userinfo, like the next
	Email     cloison.Personal `json:"email"`
}

// verify checks a token of the provider for us: algorithm, signature, issuer, audience and expiry (go-oidc), authorised
// party, dates and subject (ours; OpenID Connect Core 1.0, section 3.1.3.7).
func (f *federation) verify(ctx context.Context, p *provider, raw string) (*oidc.IDToken, claims, error) {
	var c claims
	now := f.now()
	verifier := oidc.NewVerifier(p.issuer, p.keys, &oidc.Config{ClientID: f.settings.ClientID,
		SupportedSigningAlgs: algorithms(), Now: func() time.Time { return now.Add(-leeway) }})
	t, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, c, tokenRefused(err.Error())
	}
	if err := t.Claims(&c); err != nil {
		return nil, c, tokenRefused("its claims have other types than those of OpenID Connect")
	}
	latest := now.Add(leeway)
	switch {
	case t.Subject == "" || len(t.Subject) > 255:
		return nil, c, tokenRefused("its subject is empty or too long")
	case len(t.Audience) > 1 && c.Azp == "", c.Azp != "" && c.Azp != f.settings.ClientID:
		return nil, c, tokenRefused("it was issued to another party (azp)")
	case t.IssuedAt.After(latest), time.Unix(int64(c.NotBefore), 0).After(latest):
		return nil, c, tokenRefused("it comes from the future: is a clock wrong?")
	}
	return t, c, nil
}

// askUserinfo asks who it is. go-oidc's own UserInfo would take unsigned JSON, and checks only the signature of a JWT:
// here it is a token like the other, and must be of the same subject (OpenID Connect Core 1.0, section 5.3.2).
func (f *federation) askUserinfo(ctx context.Context, p *provider, token *oauth2.Token, sub string) (claims, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.userinfo, nil)
	if err != nil {
		return claims{}, err
	}
	token.SetAuthHeader(r)
	r.Header.Set("Accept", "application/jwt")
	resp, err := f.http.Do(r)
	if err != nil {
		return claims{}, refuse(cloison.Unavailable, ProviderDown, "userinfo: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
	case err != nil || resp.StatusCode >= 500:
		return claims{}, refuse(cloison.Unavailable, ProviderDown, "userinfo: status %d", resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return claims{}, tokenRefused("userinfo: it refused the access token")
	case kind != "application/jwt":
		return claims{}, tokenRefused("userinfo: it is not signed")
	}
	t, c, err := f.verify(ctx, p, strings.TrimSpace(string(body)))
	switch {
	case err != nil:
		return claims{}, err
	case t.Subject != sub:
		return claims{}, tokenRefused("userinfo: it is somebody else's")
	}
	return c, nil
}

func (f *federation) exchangeFailed(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < 500 {
		// The description may quote what was sent; the code of the error may not.
		return tokenRefused("the provider does not redeem the code: " + clip(answer.ErrorCode))
	}
	return refuse(cloison.Unavailable, ProviderDown, "the provider does not redeem codes at the moment")
}

func tokenRefused(why string) error { return refuse(cloison.Denied, TokenRefused, "%s", why) }

// providerRefused reads an error answer (OpenID Connect Core 1.0, section 3.1.2.6, and ProConnect's own codes: PC-TRB,
// PC-FED).
func providerRefused(code, description string) error {
	reason := ProviderError
	said := func(s string) bool { return strings.Contains(code+" "+description, s) }
	switch {
	case said("Y500024"):
		reason = ProviderBlocked
	case said("Y500025"):
		reason = DomainBarred
	case said("Y500015"):
		reason = SectorBarred
	case code == "access_denied" && said("ACRs could not be satisfied"):
		reason = FactorTooWeak
	case code == "access_denied":
		reason = ProviderDenied
	case code == "login_required", code == "interaction_required":
		reason = LoginRequired
	case code == "temporarily_unavailable", code == "server_error":
		return refuse(cloison.Unavailable, ProviderDown, "the provider answered %s", code)
	}
	return refuse(cloison.Denied, reason, "the provider answered %s", clip(code))
}

// logoutURL is RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0); ProConnect wants a state. Empty when the
// provider has none.
func (p *provider) logoutURL(idToken cloison.Secret, back string) string {
	if p.logout == "" || idToken == "" {
		return ""
	}
	u, err := url.Parse(p.logout)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("id_token_hint", idToken.Reveal())
	q.Set("post_logout_redirect_uri", back)
	q.Set("state", secret())
	u.RawQuery = q.Encode()
	return u.String()
}
