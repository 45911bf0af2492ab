package proconnect

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage is what the protocol library asks, in memory: requests, access tokens, single sign-on sessions.
type storage struct {
	opts   Options
	keys   *keys
	people *people

	mu       sync.Mutex
	requests map[string]*request
	codes    map[string]string // request by code
	access   map[string]access
	sessions map[string]session
	swept    time.Time
}

type access struct {
	account Account
	client  string
	scopes  []string
	until   time.Time
}

// session is a single sign-on: 12 h from the login, whatever happens.
type session struct {
	account Account
	acr     string
	amr     []string
	at      time.Time
	sid     string
}

// audience carries the client from SetUserinfoFromToken to the signer of userinfo.
const audience = "standin_aud"

var errUnknown = errors.New("unknown or expired")

func newStorage(opts Options, keys *keys) *storage {
	return &storage{opts: opts, keys: keys, people: newPeople(opts.Accounts), requests: make(map[string]*request), codes: make(map[string]string),
		access: make(map[string]access), sessions: make(map[string]session)}
}

// hints carries what the protocol library does not read from /authorize to CreateAuthRequest.
type hints struct {
	wanted wanted
	idp    string
}

type hintsKey struct{}

func (s *storage) CreateAuthRequest(ctx context.Context, in *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	h, _ := ctx.Value(hintsKey{}).(hints)
	r := &request{id: rand.Text(), in: *in, wanted: h.wanted, idpHint: h.idp, begun: s.opts.Now(), email: in.LoginHint}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Now().Sub(s.swept) > time.Minute {
		s.sweep()
	}
	s.requests[r.id] = r
	return r, nil
}

// sweep forgets what has expired. The lock is held.
func (s *storage) sweep() {
	now := s.opts.Now()
	s.swept = now
	for id, r := range s.requests {
		if now.Sub(r.begun) > interactionLife {
			delete(s.codes, r.code)
			delete(s.requests, id)
		}
	}
	for id, a := range s.access {
		if now.After(a.until) {
			delete(s.access, id)
		}
	}
	for id, x := range s.sessions {
		if now.Sub(x.at) > ssoLife {
			delete(s.sessions, id)
		}
	}
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	r, err := s.request(id)
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// request returns a copy of a request.
func (s *storage) request(id string) (request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[id]
	if !ok || s.opts.Now().Sub(r.begun) > interactionLife {
		return request{}, errUnknown
	}
	return *r, nil
}

// change applies a change to a request whose login is not done yet and returns a copy of the outcome.
func (s *storage) change(id string, change func(*request)) (request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[id]
	if !ok || r.done {
		return request{}, errUnknown
	}
	change(r)
	return *r, nil
}

// open starts a single sign-on session and returns its secret.
func (s *storage) open(x session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := rand.Text()
	s.sessions[secret] = x
	return secret
}

// session returns a single sign-on session that has not expired.
func (s *storage) session(secret string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.sessions[secret]
	return x, ok && s.opts.Now().Sub(x.at) < ssoLife
}

func (s *storage) close(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, secret)
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[id]
	if !ok || r.code != "" {
		return errUnknown
	}
	r.code, r.issued = code, s.opts.Now()
	s.codes[code] = id
	return nil
}

// AuthRequestByCode burns the code: it is good once, and for a minute.
func (s *storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[s.codes[code]]
	if !ok {
		return nil, errUnknown
	}
	delete(s.codes, code)
	delete(s.requests, r.id)
	if s.opts.Now().Sub(r.issued) > codeLife {
		return nil, errUnknown
	}
	return r, nil
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
	return nil
}

func (s *storage) CreateAccessToken(_ context.Context, in op.TokenRequest) (string, time.Time, error) {
	r, ok := in.(*request)
	if !ok {
		return "", time.Time{}, oidc.ErrUnsupportedGrantType()
	}
	id, until := rand.Text(), s.opts.Now().Add(accessLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access[id] = access{account: r.account, client: r.in.ClientID, scopes: r.in.Scopes, until: until}
	return id, until, nil
}

// CreateAccessAndRefreshTokens is not reached: refresh tokens are not given here, though ProConnect gives them.
func (s *storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, oidc.ErrUnsupportedGrantType()
}

func (s *storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, op.ErrInvalidRefreshToken
}

func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

// TerminateSession does nothing: the browser's cookie names the session, and no service is told.
func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

func (s *storage) RevokeToken(_ context.Context, id, _, client string) *oidc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access[id].client == client {
		delete(s.access, id)
	}
	return nil
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return signingKey{s.keys}, nil }
func (s *storage) KeySet(context.Context) ([]op.Key, error)          { return []op.Key{publicKey{s.keys}}, nil }
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	c, ok := s.opts.client(id)
	if !ok {
		return nil, errUnknown
	}
	return relyingParty{c, s.opts.Issuer}, nil
}

func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	c, ok := s.opts.client(id)
	if !ok || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 {
		return errUnknown
	}
	return nil
}

func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest adds to the id token.
func (s *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, in op.IDTokenRequest, _ []string) error {
	if r, ok := in.(*request); ok {
		info.Subject = r.account.Sub // it replaces the token's
		info.AppendClaims("sid", r.sid)
	}
	return nil
}

// SetUserinfoFromToken fills userinfo by the scopes that were asked.
func (s *storage) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, id, _, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.access[id]
	if !ok || s.opts.Now().After(a.until) {
		return errUnknown
	}
	info.Subject = a.account.Sub
	info.AppendClaims(audience, a.client)
	claims := map[string]any{"given_name": a.account.Given, "usual_name": a.account.Usual, "email": a.account.Email,
		"uid": a.account.Sub[:min(16, len(a.account.Sub))], "siret": a.account.SIRET, "idp_id": a.account.IdP,
		"organization_label": a.account.Organization, "roles": []string{}, "custom": map[string]any{}}
	for name, value := range claims {
		if slices.Contains(a.scopes, name) && value != "" {
			info.AppendClaims(name, value)
		}
	}
	return nil
}

func (s *storage) SetIntrospectionFromToken(_ context.Context, out *oidc.IntrospectionResponse, id, subject, client string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.access[id]
	if !ok || a.client != client || s.opts.Now().After(a.until) {
		return errUnknown
	}
	out.Active, out.Subject, out.ClientID, out.Scope = true, subject, client, a.scopes
	return nil
}

func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errUnknown
}

func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errUnknown
}

func (s *storage) Health(context.Context) error { return nil }

// relyingParty is a client as the protocol library sees it.
type relyingParty struct {
	Client
	issuer string
}

func (c relyingParty) GetID() string                       { return c.ID }
func (c relyingParty) RedirectURIs() []string              { return c.Client.RedirectURIs }
func (c relyingParty) PostLogoutRedirectURIs() []string    { return c.PostLogoutURIs }
func (c relyingParty) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c relyingParty) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodPost }
func (c relyingParty) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c relyingParty) GrantTypes() []oidc.GrantType         { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c relyingParty) LoginURL(id string) string            { return c.issuer + "/interaction/" + id }
func (c relyingParty) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (c relyingParty) IDTokenLifetime() time.Duration       { return idTokenLife }
func (c relyingParty) DevMode() bool                        { return strings.HasPrefix(c.issuer, "http://") }
func (c relyingParty) IsScopeAllowed(scope string) bool     { return slices.Contains(scopes(), scope) }
func (c relyingParty) IDTokenUserinfoClaimsAssertion() bool { return false }
func (c relyingParty) ClockSkew() time.Duration             { return 0 }
func (c relyingParty) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
func (c relyingParty) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
