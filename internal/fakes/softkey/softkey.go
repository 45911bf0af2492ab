package softkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Key is an authenticator that holds any number of credentials. Its methods are safe for concurrent use. Change its
// fields before use.
type Key struct {
	Unverified bool // answers without verifying the user: the UV flag is not set
	Absent     bool // answers without anybody present: the UP flag is not set either
	Countless  bool // has no signature counter and always says 0, as passkeys that are synchronised do
	Deceived   bool // answers for any relying party wherever the browser is, as no browser does: phishing that works

	Model [16]byte // AAGUID; zero: does not say
	Maker *Maker   // vouches for new credentials; nil: nobody does
	Alone bool     // vouches for itself instead (self attestation)

	mu          sync.Mutex
	credentials []credential
}

type credential struct {
	id      []byte
	rpID    string
	user    []byte
	private *ecdsa.PrivateKey
	counter uint32
}

// New returns a key without credentials, which verifies its user.
func New() *Key { return &Key{} }

// Clone copies the key as it is now. From here on each counts its signatures alone, which is how a copy is found out.
func (k *Key) Clone() *Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &Key{Unverified: k.Unverified, Absent: k.Absent, Countless: k.Countless, Deceived: k.Deceived,
		Model: k.Model, Maker: k.Maker, Alone: k.Alone,
		credentials: slices.Clone(k.credentials)}
}

// Credentials returns the ids of the credentials, oldest first.
func (k *Key) Credentials() [][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	ids := make([][]byte, len(k.credentials))
	for i, c := range k.credentials {
		ids[i] = bytes.Clone(c.id)
	}
	return ids
}

// Flags of authenticator data (section 6.1).
const (
	userPresent  = 0x01
	userVerified = 0x04
	attested     = 0x40
)

// ES256 in COSE (RFC 9053, section 2.1).
const es256 = -7

// Register makes a credential by the creation options, which may be bare or under "publicKey", for a page of that
// origin, and returns the RegistrationResponseJSON. It makes no second credential for a relying party that names the
// first in excludeCredentials.
func (k *Key) Register(origin string, options []byte) ([]byte, error) {
	var o struct {
		Challenge string `json:"challenge"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
		User struct {
			ID string `json:"id"`
		} `json:"user"`
		Params  []parameter  `json:"pubKeyCredParams"`
		Exclude []descriptor `json:"excludeCredentials"`
	}
	if err := unwrap(options, &o); err != nil {
		return nil, err
	}
	if err := k.allowed(origin, o.RP.ID); err != nil {
		return nil, err
	}
	if !slices.Contains(o.Params, parameter{es256}) {
		return nil, fmt.Errorf("softkey: the relying party takes no ES256 key")
	}
	user, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		return nil, fmt.Errorf("softkey: user.id: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(o.Exclude) > 0 && k.pick(o.RP.ID, o.Exclude) != nil {
		return nil, fmt.Errorf("softkey: this key is registered already")
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := credential{id: make([]byte, 32), rpID: o.RP.ID, user: user, private: private}
	rand.Read(c.id) // never fails: crypto/rand ends the program instead
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	public, err := cbor.Marshal(map[int]any{1: 2, 3: es256, -1: 1, -2: point[1:33], -3: point[33:65]}) // RFC 9053, section 7.1
	if err != nil {
		return nil, err
	}
	data := k.data(&c, attested)
	data = append(data, k.Model[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(c.id)))
	data = append(append(data, c.id...), public...)
	client := clientData("webauthn.create", o.Challenge, origin)
	format, statement, err := k.vouch(private, data, client)
	if err != nil {
		return nil, err
	}
	object, err := cbor.Marshal(map[string]any{"fmt": format, "attStmt": statement, "authData": data})
	if err != nil {
		return nil, err
	}
	k.credentials = append(k.credentials, c)
	return answer(c.id, map[string]any{
		"clientDataJSON":     encode(client),
		"attestationObject":  encode(object),
		"authenticatorData":  encode(data),
		"publicKeyAlgorithm": es256,
		"transports":         []string{"internal"},
	})
}

// Assert signs the challenge of the request options, which may be bare or under "publicKey", for a page of that origin,
// and returns the AuthenticationResponseJSON. It counts one signature.
func (k *Key) Assert(origin string, options []byte) ([]byte, error) {
	var o struct {
		Challenge string       `json:"challenge"`
		RPID      string       `json:"rpId"`
		Allow     []descriptor `json:"allowCredentials"`
	}
	if err := unwrap(options, &o); err != nil {
		return nil, err
	}
	if err := k.allowed(origin, o.RPID); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(o.Allow) == 0 {
		o.Allow = nil // any credential of the relying party
	}
	c := k.pick(o.RPID, o.Allow)
	if c == nil {
		return nil, fmt.Errorf("softkey: this key holds none of the credentials asked for")
	}
	if !k.Countless {
		c.counter++
	}
	data, client := k.data(c, 0), clientData("webauthn.get", o.Challenge, origin)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, c.private, digest[:])
	if err != nil {
		return nil, err
	}
	return answer(c.id, map[string]any{
		"clientDataJSON":    encode(client),
		"authenticatorData": encode(data),
		"signature":         encode(signature),
		"userHandle":        encode(c.user),
	})
}

type parameter struct {
	Alg int `json:"alg"`
}

type descriptor struct {
	ID string `json:"id"`
}

// pick returns the newest credential of the relying party among those listed; any with no list. The lock is held.
func (k *Key) pick(rpID string, listed []descriptor) *credential {
	for i := len(k.credentials) - 1; i >= 0; i-- {
		c := &k.credentials[i]
		if c.rpID != rpID {
			continue
		}
		if listed == nil || slices.Contains(listed, descriptor{encode(c.id)}) {
			return c
		}
	}
	return nil
}

// data is the authenticator data (section 6.1) before attested credential data.
func (k *Key) data(c *credential, flags byte) []byte {
	if !k.Absent {
		flags |= userPresent
	}
	if !k.Unverified && !k.Absent {
		flags |= userVerified
	}
	hash := sha256.Sum256([]byte(c.rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), c.counter)
}

// allowed is the browser's part: a page may only use the keys of its own domain and of the domains above it.
func (k *Key) allowed(origin, rpID string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return fmt.Errorf("softkey: %q is not an origin: want one as https://host", origin)
	}
	if host := u.Hostname(); k.Deceived || rpID != "" && (host == rpID || strings.HasSuffix(host, "."+rpID)) {
		return nil
	}
	return fmt.Errorf("softkey: a page of %s may not use the keys of %q", origin, rpID)
}

func clientData(kind, challenge, origin string) []byte {
	b, err := json.Marshal(struct {
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
	}{kind, challenge, origin, false})
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}

func answer(id []byte, response map[string]any) ([]byte, error) {
	return json.Marshal(map[string]any{"id": encode(id), "rawId": encode(id), "type": "public-key", "response": response,
		"clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform"})
}

// unwrap reads options with or without the member "publicKey" around them.
func unwrap(options []byte, into any) error {
	var outer struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	if err := json.Unmarshal(options, &outer); err != nil {
		return fmt.Errorf("softkey: options: %w", err)
	}
	if outer.PublicKey != nil {
		options = outer.PublicKey
	}
	if err := json.Unmarshal(options, into); err != nil {
		return fmt.Errorf("softkey: options: %w", err)
	}
	return nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
