package signin

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
)

// flow is a sign-in under way. Nothing of it is stored: its state carries it through the provider, sealed.
type flow struct {
	state    string // the parameter
	nonce    string // of the id token
	verifier string // PKCE (RFC 7636)
	back     string // a local path
	made     time.Time
}

// stateSealer makes states and opens them. A state is, in base64url:
//
//	seed (32 random bytes) ‖ AES-256-GCM of { 1 ‖ made (Unix ms, 8 bytes) ‖ SHA-256 of the browser's cookie ‖ path }
//
// under a key that HKDF-SHA256 draws from our key and the seed: each state has a key of its own, so that its GCM nonce
// may be zero and no number of states wears a key out. The nonce of the id token and the PKCE verifier are drawn from
// the same two and the browser's cookie, which the provider never sees: a state that leaks on its way is worth nothing.
type stateSealer struct{ key []byte }

const (
	seedLen   = 32
	stateForm = 1
	stateHead = 1 + 8 + sha256.Size
	maxBack   = 1024 // bytes of a path that is carried; a longer one becomes "/": some provider refuses long addresses
	maxState  = 2048
)

// newStateSealer takes the replicas' common key; empty: one of this process.
func newStateSealer(shared cloison.Secret) (stateSealer, error) {
	if shared == "" {
		key := make([]byte, 32)
		rand.Read(key) // never fails: crypto/rand ends the program instead
		return stateSealer{key}, nil
	}
	if len(shared) < 32 {
		return stateSealer{}, cloison.Errorf(cloison.Invalid, "the key of sign-ins under way has %d bytes: want 32 random ones", len(shared))
	}
	return stateSealer{[]byte(shared.Reveal())}, nil
}

// draw derives 32 bytes for one use from our key and the seed.
func (s stateSealer) draw(seed []byte, use string) ([]byte, error) {
	b, err := hkdf.Key(sha256.New, s.key, seed, "cloison sign-in v1 "+use, 32)
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "sign-in: %w", err)
	}
	return b, nil
}

func (s stateSealer) aead(seed []byte) (cipher.AEAD, error) {
	key, err := s.draw(seed, "state")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, cloison.Errorf(cloison.Internal, "sign-in: %w", err)
	}
	return cipher.NewGCM(block)
}

// begin makes a flow for the browser that holds that cookie.
func (s stateSealer) begin(browser, back string, now time.Time) (flow, error) {
	if len(back) > maxBack {
		back = "/"
	}
	seed := make([]byte, seedLen)
	rand.Read(seed) // never fails: crypto/rand ends the program instead
	aead, err := s.aead(seed)
	if err != nil {
		return flow{}, err
	}
	owner := digest(browser)
	plain := binary.BigEndian.AppendUint64([]byte{stateForm}, uint64(now.UnixMilli()))
	plain = append(append(plain, owner[:]...), back...)
	sealed := aead.Seal(seed, make([]byte, aead.NonceSize()), plain, nil)
	return s.flow(seed, base64.RawURLEncoding.EncodeToString(sealed), browser, back, now)
}

// open reads a state that we made, and reports whether the browser that holds that cookie is the one that it was made
// for. Others are Denied with FlowUnknown.
func (s stateSealer) open(state, browser string) (f flow, ours bool, err error) {
	if state == "" {
		return flow{}, false, refuse(cloison.Denied, FlowUnknown, "the answer has no state")
	}
	unknown := refuse(cloison.Denied, FlowUnknown, "the state is none of ours")
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(state)
	if err != nil || len(state) > maxState || len(sealed) < seedLen {
		return flow{}, false, unknown
	}
	aead, err := s.aead(sealed[:seedLen])
	if err != nil {
		return flow{}, false, err
	}
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed[seedLen:], nil)
	if err != nil || len(plain) < stateHead || plain[0] != stateForm {
		return flow{}, false, unknown
	}
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(plain[1:9]))).UTC()
	owner := digest(browser)
	ours = browser != "" && subtle.ConstantTimeCompare(owner[:], plain[9:stateHead]) == 1
	f, err = s.flow(sealed[:seedLen], state, browser, string(plain[stateHead:]), made)
	return f, ours, err
}

// flow adds what is drawn from the seed.
func (s stateSealer) flow(seed []byte, state, browser, back string, made time.Time) (flow, error) {
	f := flow{state: state, back: back, made: made}
	for use, to := range map[string]*string{"nonce": &f.nonce, "verifier": &f.verifier} {
		b, err := s.draw(seed, use+" "+browser)
		if err != nil {
			return flow{}, err
		}
		*to = base64.RawURLEncoding.EncodeToString(b) // 43 characters, as RFC 7636, section 4.1 wants at least
	}
	return f, nil
}
