package explanation

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"

	"cloison"
)

// A code follows RFC 6238: HMAC-SHA-256, eight digits, steps of five minutes counted from 1970. The step before and
// the step after count too, for clocks that differ and persons who read slowly. The arithmetic is RFC 4226, 5.3: ten
// lines, which the RFC's own vectors test; a library would bring an encoder for QR codes that nobody scans.
const (
	codeDigits = 8
	codeStep   = 5 * time.Minute
	codeSkew   = 1
)

// Codes makes persons' codes from one key. The zero Codes makes none.
type Codes struct{ master []byte }

// NewCodes takes the master key, at least 32 random bytes. Each person's own key is derived from it (HKDF, RFC 5869).
// So none is stored, and a person who does not exist has codes too: a wrong code says nothing about who exists.
func NewCodes(master []byte) (Codes, error) {
	if len(master) < 32 {
		return Codes{}, cloison.Errorf(cloison.Invalid, "the key of persons' codes has %d bytes: want at least 32", len(master))
	}
	return Codes{append([]byte(nil), master...)}, nil
}

// Code returns the person's code at that time, and the time from which it is another one.
func (c Codes) Code(person cloison.PersonRef, at time.Time) (code cloison.Secret, until time.Time, err error) {
	if err := person.Check(); err != nil {
		return "", until, err
	}
	step := stepOf(at)
	code, err = c.at(person, step)
	return code, time.Unix((step+1)*int64(codeStep/time.Second), 0).UTC(), err
}

// match finds the step of a right code. It takes the same time for each wrong one.
func (c Codes) match(person cloison.PersonRef, typed string, at time.Time) (step int64, ok bool, err error) {
	now, found := stepOf(at), 0
	for s := now - codeSkew; s <= now+codeSkew; s++ {
		code, err := c.at(person, s)
		if err != nil {
			return 0, false, err
		}
		same := subtle.ConstantTimeCompare([]byte(code.Reveal()), []byte(typed))
		step += s * int64(same&^found) // the first of two equal ones
		found |= same
	}
	return step, found == 1, nil
}

func (c Codes) at(person cloison.PersonRef, step int64) (cloison.Secret, error) {
	key, err := c.derive("code of", person)
	return cloison.Secret(hotp(key, step)), err
}

// digest names a person in the tables of codes, which must not hold the person's number.
func (c Codes) digest(person cloison.PersonRef) (d [32]byte, err error) {
	key, err := c.derive("digest of", person)
	copy(d[:], key)
	return d, err
}

func (c Codes) derive(what string, person cloison.PersonRef) ([]byte, error) {
	if len(c.master) == 0 {
		return nil, cloison.Errorf(cloison.Unavailable, "there is no key for persons' codes: set desk.listen")
	}
	return hkdf.Key(sha256.New, c.master, nil, "cloison desk "+what+"\x00"+string(person), 32)
}

func stepOf(t time.Time) int64 { return t.Unix() / int64(codeStep/time.Second) }

// hotp is RFC 4226, 5.3, with SHA-256 as RFC 6238 allows.
func hotp(key []byte, counter int64) string {
	mac := hmac.New(sha256.New, key)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(counter))
	mac.Write(b[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", codeDigits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%100_000_000)
}
