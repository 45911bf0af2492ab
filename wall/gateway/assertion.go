package gateway

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/policy"
)

// AssertionHeader is the header of a request to a tool that says which agent asks: a JWT (RFC 7519) signed with EdDSA
// (RFC 8037).
const AssertionHeader = "Cloison-Assertion"

const (
	assertionLife  = 60 * time.Second
	assertionReuse = 30 * time.Second // an assertion serves an account's requests this long; a tool cannot detect replays
	clockSkew      = 5 * time.Second
	maxAssertions  = 8192
)

// AssertedAgent is the agent that asks, as the assertion names it.
type AssertedAgent struct {
	Account   cloison.AccountID
	Structure cloison.StructureID
	Roles     directory.Role
	Assurance policy.Assurance // of the session
}

// claims are those of the assertion.
type claims struct {
	jwt.Claims
	Structure cloison.StructureID `json:"structure"`
	Roles     []string            `json:"roles"`
	Assurance policy.Assurance    `json:"acr"`
}

// Signer makes assertions and publishes the keys that verify them. It is safe for concurrent use.
type Signer struct {
	issuer string
	sign   jose.Signer
	keys   []byte
	now    func() time.Time

	mu   sync.Mutex
	made map[assertionKey]assertion
}

type assertionKey struct {
	tool  string
	agent AssertedAgent
}

type assertion struct {
	token string
	at    time.Time
}

// NewSigner returns a signer with that key. issuer is Cloison's own URL. The published set also holds the former keys,
// so that assertions made before a change of key still verify.
func NewSigner(key ed25519.PrivateKey, issuer string, now func() time.Time, former ...ed25519.PublicKey) (
	*Signer, error) {
	current := publicKey(key.Public().(ed25519.PublicKey))
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{current}}
	for _, k := range former {
		set.Keys = append(set.Keys, publicKey(k))
	}
	keys, err := json.Marshal(set)
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "publish assertion keys: %w", err)
	}
	signing := jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key, KeyID: current.KeyID}}
	sign, err := jose.NewSigner(signing, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "make assertion signer: %w", err)
	}
	return &Signer{issuer: issuer, sign: sign, keys: keys, now: now, made: make(map[assertionKey]assertion)}, nil
}

// publicKey names the key by its digest: every replica gives it the same name.
func publicKey(k ed25519.PublicKey) jose.JSONWebKey {
	sum := sha256.Sum256(k)
	return jose.JSONWebKey{Key: k, KeyID: hex.EncodeToString(sum[:8]), Algorithm: string(jose.EdDSA), Use: "sig"}
}

// Assert returns an assertion for that tool, at most 30 s old and valid for at least 30 s more.
func (s *Signer) Assert(tool string, a AssertedAgent) (string, error) {
	key, now := assertionKey{tool, a}, s.now()
	s.mu.Lock()
	made, ok := s.made[key]
	s.mu.Unlock()
	if age := now.Sub(made.at); ok && age >= 0 && age < assertionReuse {
		return made.token, nil
	}
	token, err := jwt.Signed(s.sign).Claims(claims{
		Claims: jwt.Claims{Issuer: s.issuer, Audience: jwt.Audience{tool}, Subject: a.Account.String(), ID: rand.Text(),
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionLife))},
		Structure: a.Structure, Roles: a.Roles.Names(), Assurance: a.Assurance,
	}).Serialize()
	if err != nil {
		return "", cloison.Errorf(cloison.Unavailable, "sign assertion: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.made) >= maxAssertions {
		clear(s.made) // making one again takes 20 µs
	}
	s.made[key] = assertion{token, now}
	return token, nil
}

// ServeHTTP publishes the keys as a JSON Web Key Set (RFC 7517), at JWKSPath.
func (s *Signer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Write(s.keys) // it fails when the client has left
}

// JWKSPath is where a Cloison publishes its assertion keys.
const JWKSPath = "/cloison/jwks.json"

// Verifier is the tool's side: it finds the agent in the assertion of a request.
type Verifier struct {
	issuer, tool string
	keys         func() (*jose.JSONWebKeySet, error)
	now          func() time.Time
}

// NewVerifier returns a verifier for that tool's name. keys returns Cloison's key set; it is called for each request,
// so it should cache.
func NewVerifier(issuer, tool string, keys func() (*jose.JSONWebKeySet, error), now func() time.Time) *Verifier {
	return &Verifier{issuer: issuer, tool: tool, keys: keys, now: now}
}

// Agent verifies the request's assertion. The error is Denied when there is none, or it is not Cloison's, not for this
// tool, or too old.
func (v *Verifier) Agent(r *http.Request) (AssertedAgent, error) {
	given := r.Header.Values(AssertionHeader)
	if len(given) != 1 {
		return AssertedAgent{}, cloison.Errorf(cloison.Denied, "verify assertion: want one %s header, got %d; reach this tool through Cloison",
			AssertionHeader, len(given))
	}
	set, err := v.keys()
	if err != nil {
		return AssertedAgent{}, cloison.Errorf(cloison.Unavailable, "verify assertion: read Cloison's keys: %w", err)
	}
	token, err := jwt.ParseSigned(given[0], []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return AssertedAgent{}, cloison.Errorf(cloison.Denied, "verify assertion: not a JWT signed with EdDSA")
	}
	var c claims
	if err := token.Claims(set, &c); err != nil {
		return AssertedAgent{}, cloison.Errorf(cloison.Denied, "verify assertion: not signed by Cloison")
	}
	expected := jwt.Expected{Issuer: v.issuer, AnyAudience: jwt.Audience{v.tool}, Time: v.now()}
	if err := c.ValidateWithLeeway(expected, clockSkew); err != nil || c.Expiry == nil || c.IssuedAt == nil {
		return AssertedAgent{}, cloison.Errorf(cloison.Denied, "verify assertion: not for this tool at this time")
	}
	account, err := cloison.ParseAccountID(c.Subject)
	if err != nil || account == 0 {
		return AssertedAgent{}, cloison.Errorf(cloison.Denied, "verify assertion: it names no account")
	}
	roles, err := directory.ParseRoles(strings.Join(c.Roles, ","))
	if err != nil {
		return AssertedAgent{}, cloison.Errorf(cloison.Denied, "verify assertion: unknown role: %w", err)
	}
	return AssertedAgent{Account: account, Structure: c.Structure, Roles: roles, Assurance: c.Assurance}, nil
}

// VerifyAssertion passes only requests whose assertion v accepts. It answers 401 to the others, or 503 when the keys
// cannot be read. A handler that needs the agent calls v.Agent itself.
func VerifyAssertion(v *Verifier, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := v.Agent(r); err != nil {
			status := http.StatusUnauthorized
			if cloison.KindOf(err) == cloison.Unavailable {
				status = http.StatusServiceUnavailable
			}
			http.Error(w, err.Error(), status)
			return
		}
		next.ServeHTTP(w, r)
	})
}
