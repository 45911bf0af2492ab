package openid

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cloison"
	"cloison/access/signin/refusal"
)

// Settings say which provider, and who we are to it.
type Settings struct {
	Issuer       string // discovery is below it
	ClientID     string // registered for the code flow, with id token and userinfo signed by ES256 or RS256
	ClientSecret cloison.Secret
	WithoutPKCE  bool         // leave out the code challenge, for a provider that refuses parameters it does not know
	HTTP         *http.Client // nil: a client of our own, ten seconds a call
}

// Client is us before the provider, which it finds on first use. It is safe for concurrent use.
type Client struct {
	settings Settings
	now      func() time.Time
	http     *http.Client

	mu     sync.Mutex
	found  *Provider
	failed time.Time // the last discovery that failed
	why    error
}

// Provider is what discovery found. It is immutable.
type Provider struct {
	oauth    oauth2.Config // without RedirectURL
	userinfo string
	logout   string
	namesIss bool // it promises the iss parameter in every answer (RFC 9207)
	keys     oidc.KeySet
	issuer   string
}

const (
	callTime  = 10 * time.Second
	retryTime = 5 * time.Second // between two discoveries that fail
	maxAnswer = 1 << 20         // bytes of an answer of the provider
	leeway    = time.Minute     // between our clock and the provider's
)

// algorithms are those that the client registers. HS256 would make the provider's keys a shared secret; "none" signs
// nothing.
func algorithms() []string { return []string{oidc.ES256, oidc.RS256} }

// New returns a client of the provider; it asks nothing of it. now gives the time of every decision.
func New(s Settings, now func() time.Time) *Client {
	client := s.HTTP
	if client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		client = &http.Client{Transport: capped{transport}, Timeout: callTime,
			// The secret and the tokens go to the configured addresses alone.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Client{settings: s, now: now, http: client}
}

// capped reads no more of an answer than maxAnswer.
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

// Provider returns the provider. After a failed discovery it waits some seconds before the next. Errors are
// Unavailable.
func (c *Client) Provider(ctx context.Context) (*Provider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found != nil {
		return c.found, nil
	}
	if c.why != nil && c.now().Sub(c.failed).Abs() < retryTime {
		return nil, c.why
	}
	p, err := c.discover(ctx)
	if err != nil {
		err = refusal.New(cloison.Unavailable, refusal.ProviderDown, "reading the OpenID provider's configuration: %w", err)
		c.failed, c.why = c.now(), err
		return nil, err
	}
	c.found = p
	return p, nil
}

// discover reads the provider's configuration (OpenID Connect Discovery 1.0).
func (c *Client) discover(ctx context.Context) (*Provider, error) {
	// The provider outlives the request that finds it, and fetches its keys again for years: it is bound to none.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), c.http)
	p, err := oidc.NewProvider(ctx, c.settings.Issuer)
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
		return nil, errors.New("jwks_uri or userinfo_endpoint is missing")
	}
	endpoint := p.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams // client_secret_post: ProConnect takes no other secret
	return &Provider{
		oauth: oauth2.Config{ClientID: c.settings.ClientID, ClientSecret: c.settings.ClientSecret.Reveal(),
			Endpoint: endpoint, Scopes: []string{oidc.ScopeOpenID, "email", "idp_id"}},
		userinfo: p.UserInfoEndpoint(), logout: extra.Logout, namesIss: extra.NamesIss,
		keys: oidc.NewRemoteKeySet(ctx, extra.JWKS), issuer: c.settings.Issuer,
	}, nil
}

// AuthorizeURL returns the address to send the browser to.
func (c *Client) AuthorizeURL(p *Provider, r Request, redirect string) string {
	options := []oauth2.AuthCodeOption{oidc.Nonce(r.nonce), oauth2.SetAuthURLParam("claims", claimsParameter)}
	if !c.settings.WithoutPKCE {
		options = append(options, oauth2.S256ChallengeOption(r.verifier))
	}
	oauth := p.oauth
	oauth.RedirectURL = redirect
	return oauth.AuthCodeURL(r.State, options...)
}

// Code reads the provider's answer to an authorization request: the code, or the refusal that the answer says. An
// answer that another provider made is refused (RFC 9207).
func (p *Provider) Code(answer url.Values) (string, error) {
	switch iss := answer.Get("iss"); {
	case iss != "" && iss != p.issuer, iss == "" && p.namesIss:
		return "", refusal.New(cloison.Denied, refusal.MixedUp, "the answer does not name our provider (iss)")
	case answer.Get("error") != "":
		return "", providerRefused(answer.Get("error"), answer.Get("error_description"))
	case answer.Get("code") == "":
		return "", refusal.New(cloison.Invalid, refusal.BadRequest, "the answer has neither code nor error")
	}
	return answer.Get("code"), nil
}

// providerRefused reads an error answer (OpenID Connect Core 1.0, section 3.1.2.6, and ProConnect's own codes: PC-TRB,
// PC-FED).
func providerRefused(code, description string) error {
	reason := refusal.ProviderError
	said := func(s string) bool { return strings.Contains(code+" "+description, s) }
	switch {
	case said("Y500024"):
		reason = refusal.ProviderBlocked
	case said("Y500025"):
		reason = refusal.DomainBarred
	case said("Y500015"):
		reason = refusal.SectorBarred
	case code == "access_denied" && said("ACRs could not be satisfied"):
		reason = refusal.FactorTooWeak
	case code == "access_denied":
		reason = refusal.ProviderDenied
	case code == "login_required", code == "interaction_required":
		reason = refusal.LoginRequired
	case code == "temporarily_unavailable", code == "server_error":
		return refusal.New(cloison.Unavailable, refusal.ProviderDown, "the provider answered %s", code)
	}
	return refusal.New(cloison.Denied, reason, "the provider answered %s", refusal.Clip(code))
}

// LogoutURL is where the browser ends the provider's own session (OpenID Connect RP-Initiated Logout 1.0), from where
// it comes back; ProConnect wants a state. Empty when the provider has no such address.
func (p *Provider) LogoutURL(idToken cloison.Secret, back string) string {
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
	q.Set("state", rand.Text())
	u.RawQuery = q.Encode()
	return u.String()
}
