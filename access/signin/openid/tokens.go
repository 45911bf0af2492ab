package openid

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cloison"
	"cloison/access/signin/refusal"
)

// Identity is what a verified login says.
type Identity struct {
	IdP, Sub string
	Email    cloison.Personal
	Acr      string
	Amr      []string
	Auth     time.Time // zero: the provider does not say
	IDToken  cloison.Secret
}

// Redeem exchanges the code and verifies both tokens. Errors are Denied, or Unavailable when the provider does not
// answer.
func (c *Client) Redeem(ctx context.Context, p *Provider, r Request, code, redirect string) (Identity, error) {
	ctx = oidc.ClientContext(ctx, c.http)
	oauth := p.oauth
	oauth.RedirectURL = redirect
	var options []oauth2.AuthCodeOption
	if !c.settings.WithoutPKCE {
		options = append(options, oauth2.VerifierOption(r.verifier))
	}
	token, err := oauth.Exchange(ctx, code, options...)
	if err != nil {
		return Identity{}, c.exchangeFailed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, claims, err := c.verify(ctx, p, raw)
	if err != nil {
		return Identity{}, err
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(r.nonce)) != 1:
		return Identity{}, tokenRefused("the id token answers another request (nonce)")
	case id.IssuedAt.Before(r.Made.Add(-leeway)):
		return Identity{}, tokenRefused("the id token is older than the request")
	case id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil:
		return Identity{}, tokenRefused("the access token is not the id token's (at_hash)")
	}
	info, err := c.userinfo(ctx, p, token, id.Subject)
	if err != nil {
		return Identity{}, err
	}
	var auth time.Time
	if claims.AuthTime > 0 {
		auth = time.Unix(claims.AuthTime, 0).UTC()
	}
	return Identity{IdP: info.IdP, Sub: id.Subject, Email: info.Email, Acr: claims.Acr, Amr: claims.Amr, Auth: auth,
		IDToken: cloison.Secret(raw)}, nil
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
func (c *Client) verify(ctx context.Context, p *Provider, raw string) (*oidc.IDToken, claims, error) {
	var said claims
	now := c.now()
	verifier := oidc.NewVerifier(p.issuer, p.keys, &oidc.Config{ClientID: c.settings.ClientID,
		SupportedSigningAlgs: algorithms(), Now: func() time.Time { return now.Add(-leeway) }})
	t, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, said, tokenRefused(err.Error())
	}
	if err := t.Claims(&said); err != nil {
		return nil, said, tokenRefused("the token's claims have other types than those of OpenID Connect")
	}
	latest := now.Add(leeway)
	switch {
	case t.Subject == "" || len(t.Subject) > 255:
		return nil, said, tokenRefused("the token's sub is empty or too long")
	case len(t.Audience) > 1 && said.Azp == "", said.Azp != "" && said.Azp != c.settings.ClientID:
		return nil, said, tokenRefused("the token was issued to another party (azp)")
	case t.IssuedAt.After(latest), time.Unix(int64(said.NotBefore), 0).After(latest):
		return nil, said, tokenRefused("the token comes from the future: compare the clocks")
	}
	return t, said, nil
}

// userinfo reads idp_id and the address. go-oidc's own UserInfo takes unsigned JSON, and checks only the signature of a
// JWT: here it is a token like the other, and must be of the same sub (OpenID Connect Core 1.0, section 5.3.2).
func (c *Client) userinfo(ctx context.Context, p *Provider, token *oauth2.Token, sub string) (claims, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.userinfo, nil)
	if err != nil {
		return claims{}, err
	}
	token.SetAuthHeader(r)
	r.Header.Set("Accept", "application/jwt")
	resp, err := c.http.Do(r)
	if err != nil {
		return claims{}, refusal.New(cloison.Unavailable, refusal.ProviderDown, "userinfo: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
	case err != nil || resp.StatusCode >= 500:
		return claims{}, refusal.New(cloison.Unavailable, refusal.ProviderDown, "userinfo: status %d", resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return claims{}, tokenRefused("userinfo: the provider refused the access token")
	case kind != "application/jwt":
		return claims{}, tokenRefused("userinfo: the answer is not signed")
	}
	t, said, err := c.verify(ctx, p, strings.TrimSpace(string(body)))
	switch {
	case err != nil:
		return claims{}, err
	case t.Subject != sub:
		return claims{}, tokenRefused("userinfo: the answer is of another sub")
	}
	return said, nil
}

func (c *Client) exchangeFailed(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < 500 {
		// The description may quote the request; the code of the error does not.
		return tokenRefused("redeeming the code: the provider refused: " + refusal.Clip(answer.ErrorCode))
	}
	return refusal.New(cloison.Unavailable, refusal.ProviderDown, "redeeming the code: the provider does not answer")
}

func tokenRefused(why string) error {
	return refusal.New(cloison.Denied, refusal.TokenRefused, "%s", why)
}
