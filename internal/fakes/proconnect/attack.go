package proconnect

import (
	"encoding/base64"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"
)

// Attack is a lie that the provider tells from now on, for the tests of whoever relies on it. Each must be refused.
type Attack int

const (
	Honest                Attack = iota
	AlgNone                      // id token without signature, alg none
	HS256WithSecret              // id token by HS256 under the client's secret
	HS256WithPublicKey           // id token by HS256 under the public key's coordinates, as if they were a secret
	WrongKey                     // id token by another key, under the name of the published one
	WrongIssuer                  // id token of another issuer
	WrongAudience                // id token for another client
	Expired                      // id token that expired an hour ago
	OtherNonce                   // id token of another request
	OtherAMR                     // amr says a code by e-mail, whatever the login was
	UserinfoOther                // userinfo of somebody else, signed
	UserinfoPlain                // userinfo as unsigned JSON
	UserinfoAlgNone              // userinfo with alg none
	UserinfoWrongKey             // userinfo by another key
	UserinfoWrongIssuer          // userinfo of another issuer
	UserinfoWrongAudience        // userinfo for another client
	UserinfoExpired              // userinfo that expired an hour ago
	attacks
)

// Attacks lists every lie.
func Attacks() []Attack {
	var all []Attack
	for a := Honest + 1; a < attacks; a++ {
		all = append(all, a)
	}
	return all
}

func (a Attack) String() string {
	return [...]string{"honest", "alg none", "HS256 with the client secret", "HS256 with the public key", "wrong key",
		"wrong issuer", "wrong audience", "expired", "other nonce", "other amr", "userinfo of someone else",
		"unsigned userinfo", "userinfo alg none", "userinfo wrong key", "userinfo wrong issuer", "userinfo wrong audience",
		"userinfo expired"}[a]
}

// Attack makes the provider tell that lie, to everybody, until told otherwise; Honest ends it.
func (p *Provider) Attack(a Attack) { p.attack.Store(int64(a)) }

// forge changes the claims of an id token as the attack says, and signs them.
func (p *Provider) forgeIDToken(claims map[string]any, secret string) (string, error) {
	a := Attack(p.attack.Load())
	switch a {
	case WrongIssuer:
		claims["iss"] = "https://pirate.example/api/v2"
	case WrongAudience:
		claims["aud"] = []string{"autre-service"}
	case Expired:
		claims["exp"] = p.opts.Now().Add(-idTokenLife).Unix()
	case OtherNonce:
		claims["nonce"] = "nonce-d-une-autre-demande-0123456789"
	case OtherAMR:
		claims["amr"] = []string{"pwd", "mail"}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	switch a {
	case AlgNone:
		return unsigned(payload), nil
	case HS256WithSecret:
		return sign(jose.HS256, []byte(secret + "00000000000000000000000000000000")[:max(32, len(secret))], p.keys.id, "JWT", payload)
	case HS256WithPublicKey:
		public, err := p.keys.own.PublicKey.Bytes()
		if err != nil {
			return "", err
		}
		return sign(jose.HS256, public, p.keys.id, "JWT", payload)
	case WrongKey:
		return sign(jose.ES256, p.keys.stranger, p.keys.id, "JWT", payload)
	}
	return sign(jose.ES256, p.keys.own, p.keys.id, "JWT", payload)
}

// forgeUserinfo does the same for userinfo; the content type comes with it.
func (p *Provider) forgeUserinfo(claims map[string]any) (body, contentType string, err error) {
	a := Attack(p.attack.Load())
	switch a {
	case UserinfoOther:
		claims["sub"], claims["email"] = "0123456789abcdef0123456789abcdef", "quelqu.un.dautre@unml.example"
	case UserinfoWrongIssuer:
		claims["iss"] = "https://pirate.example/api/v2"
	case UserinfoWrongAudience:
		claims["aud"] = "autre-service"
	case UserinfoExpired:
		claims["exp"] = p.opts.Now().Add(-idTokenLife).Unix()
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", "", err
	}
	switch a {
	case UserinfoPlain:
		return string(payload), "application/json", nil
	case UserinfoAlgNone:
		return unsigned(payload), "application/jwt", nil
	case UserinfoWrongKey:
		body, err = sign(jose.ES256, p.keys.stranger, p.keys.id, "JWT", payload)
	default:
		body, err = sign(jose.ES256, p.keys.own, p.keys.id, "JWT", payload)
	}
	return body, "application/jwt", err
}

// unsigned is a JWT of alg none (RFC 7519, section 6).
func unsigned(payload []byte) string {
	b64 := base64.RawURLEncoding
	return b64.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + b64.EncodeToString(payload) + "."
}
