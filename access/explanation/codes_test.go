package explanation

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
)

// TestVectors are RFC 6238, appendix B, SHA-256: there the step is 30 s and the key 32 characters.
func TestVectors(t *testing.T) {
	for at, want := range map[int64]string{59: "46119246", 1111111109: "68084774", 1111111111: "67062674", 1234567890: "91819424",
		2000000000: "90698825", 20000000000: "77737706"} {
		if got := hotp([]byte("12345678901234567890123456789012"), at/30); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func codes(t interface{ Fatal(...any) }, fill byte) Codes {
	c, err := NewCodes(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestACodeHoldsForItsStepAndTheNeighbours: a code is taken from one step before its own to one step after, and at no
// other time; nor for another person, nor under another key.
func TestACodeHoldsForItsStepAndTheNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := codes(t, 1)
		person := cloison.PersonRef(rapid.StringMatching(`[0-9A-Z]{1,12}`).Draw(t, "person"))
		given := time.Unix(rapid.Int64Range(1_700_000_000, 2_000_000_000).Draw(t, "given"), 0)
		later := rapid.Int64Range(-1200, 1200).Draw(t, "later")
		code, until, err := c.Code(person, given)
		if err != nil || !until.After(given) || until.Sub(given) > codeStep || len(code.Reveal()) != codeDigits {
			t.Fatalf("a code of %d characters until %v: %v", len(code.Reveal()), until, err)
		}
		read := given.Add(time.Duration(later) * time.Second)
		distance := stepOf(read) - stepOf(given)
		step, ok, err := c.match(person, code.Reveal(), read)
		if want := -codeSkew <= distance && distance <= codeSkew; err != nil || ok != want || ok && step != stepOf(given) {
			t.Fatalf("%d steps later: %v %d %v", distance, ok, step, err)
		}
		if _, ok, _ := c.match(person+"x", code.Reveal(), given); ok {
			t.Fatal("another person's code is taken")
		}
		if _, ok, _ := codes(t, 2).match(person, code.Reveal(), given); ok {
			t.Fatal("a code of another key is taken")
		}
	})
}

func TestNoKeyNoCode(t *testing.T) {
	if _, err := NewCodes(make([]byte, 31)); cloison.KindOf(err) != cloison.Invalid {
		t.Errorf("a short key: %v", err)
	}
	if _, _, err := (Codes{}).Code("7", time.Now()); cloison.KindOf(err) != cloison.Unavailable {
		t.Errorf("no key: %v", err)
	}
	if _, ok, err := (Codes{}).match("7", "00000000", time.Now()); ok || err == nil {
		t.Errorf("no key takes a code: %v", err)
	}
	if _, _, err := codes(t, 1).Code("", time.Now()); cloison.KindOf(err) != cloison.Invalid {
		t.Errorf("nobody has a code: %v", err)
	}
	code, _, err := codes(t, 1).Code("7", time.Now())
	if err != nil || strings.Contains(fmt.Sprintf("%v %+v", code, code), code.Reveal()) {
		t.Errorf("a code shows itself: %v", err)
	}
}

// FuzzTyped: whatever is typed is only ever compared.
func FuzzTyped(f *testing.F) {
	f.Add("1234 5678")
	f.Add("１２３４５６７８")
	f.Fuzz(func(t *testing.T, s string) {
		c := codes(t, 1)
		at := time.Unix(1_800_000_000, 0)
		_, ok, err := c.match("7", typed(cloison.Secret(s)), at)
		if err != nil {
			t.Fatal(err)
		}
		if ok && len(typed(cloison.Secret(s))) != codeDigits {
			t.Errorf("%q is taken", s)
		}
	})
}
