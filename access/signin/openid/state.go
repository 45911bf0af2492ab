package openid

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"time"

	"cloison"
	"cloison/access/signin/refusal"
)

// Request is an authorization request under way. No store keeps it: its state carries it through the provider, sealed.
type Request struct {
	State string // the parameter
	Back  string // a local path, to go to after the sign-in
	Made  time.Time

	nonce    string // of the id token
	verifier string // PKCE (RFC 7636)
}

// Sealer makes states and opens them. A state is, in base64url:
//
//	seed (32 random bytes) ‖ AES-256-GCM of { 1 ‖ made (Unix ms, 8 bytes) ‖ SHA-256 of the browser's cookie ‖ path }
//
// under a key that HKDF-SHA256 draws from our key and the seed: each state has a key of its own, so that its GCM nonce
// may be zero and no number of states wears a key out. The nonce of the id token and the PKCE verifier are drawn from
// the same two and the browser's cookie, which the provider never sees: a state that leaks on its way is worth nothing.
type Sealer struct{ key []byte }

const (
	seedLen   = 32
	stateForm = 1
	stateHead = 1 + 8 + sha256.Size
	maxBack   = 1024 // bytes of a path that is carried; a longer one becomes "/": some provider refuses long addresses
	maxState  = 2048
)

// NewSealer takes the replicas' common key; empty: one of this process.
func NewSealer(shared cloison.Secret) (Sealer, error) {
	if shared == "" {
		key := make([]byte, 32)
		rand.Read(key) // never fails: crypto/rand ends the program instead
		return Sealer{key}, nil
	}
	if len(shared) < 32 {
		return Sealer{}, cloison.Errorf(cloison.Invalid, "the key of sign-ins under way has %d bytes: want 32 at random", len(shared))
	}
	return Sealer{[]byte(shared.Reveal())}, nil
}

// draw derives 32 bytes for one use from our key and the seed.
func (s Sealer) draw(seed []byte, use string) ([]byte, error) {
	b, err := hkdf.Key(sha256.New, s.key, seed, "cloison sign-in v1 "+use, 32)
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "sealing the state of a sign-in: %w", err)
	}
	return b, nil
}

func (s Sealer) aead(seed []byte) (cipher.AEAD, error) {
	key, err := s.draw(seed, "state")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "sealing the state of a sign-in: %w", err)
	}
	return cipher.NewGCM(block)
}

// Begin makes a request for the browser that holds that cookie.
func (s Sealer) Begin(browser, back string, now time.Time) (Request, error) {
	if len(back) > maxBack {
		back = "/"
	}
	seed := make([]byte, seedLen)
	rand.Read(seed) // never fails: crypto/rand ends the program instead
	aead, err := s.aead(seed)
	if err != nil {
		return Request{}, err
	}
	owner := sha256.Sum256([]byte(browser))
	plain := binary.BigEndian.AppendUint64([]byte{stateForm}, uint64(now.UnixMilli()))
	plain = append(append(plain, owner[:]...), back...)
	sealed := aead.Seal(seed, make([]byte, aead.NonceSize()), plain, nil)
	return s.request(seed, base64.RawURLEncoding.EncodeToString(sealed), browser, back, now)
}

// Open reads a state that we made, and reports whether it was made for the browser that holds that cookie. Others are
// Denied with FlowUnknown.
func (s Sealer) Open(state, browser string) (r Request, ours bool, err error) {
	if state == "" {
		return Request{}, false, refusal.New(cloison.Denied, refusal.FlowUnknown, "the answer has no state")
	}
	unknown := refusal.New(cloison.Denied, refusal.FlowUnknown, "the state is none of ours")
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(state)
	if err != nil || len(state) > maxState || len(sealed) < seedLen {
		return Request{}, false, unknown
	}
	aead, err := s.aead(sealed[:seedLen])
	if err != nil {
		return Request{}, false, err
	}
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed[seedLen:], nil)
	if err != nil || len(plain) < stateHead || plain[0] != stateForm {
		return Request{}, false, unknown
	}
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(plain[1:9]))).UTC()
	owner := sha256.Sum256([]byte(browser))
	ours = browser != "" && subtle.ConstantTimeCompare(owner[:], plain[9:stateHead]) == 1
	r, err = s.request(sealed[:seedLen], state, browser, string(plain[stateHead:]), made)
	return r, ours, err
}

// request adds what is drawn from the seed.
func (s Sealer) request(seed []byte, state, browser, back string, made time.Time) (Request, error) {
	r := Request{State: state, Back: back, Made: made}
	for use, to := range map[string]*string{"nonce": &r.nonce, "verifier": &r.verifier} {
		b, err := s.draw(seed, use+" "+browser)
		if err != nil {
			return Request{}, err
		}
		*to = base64.RawURLEncoding.EncodeToString(b) // 43 characters, as RFC 7636, section 4.1 wants at least
	}
	return r, nil
}
