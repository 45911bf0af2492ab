package openid

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/signin/refusal"
)

// TestAStateSaysWhatItWasMadeFor, to the browser that it was made for, and only to holders of the key.
func TestAStateSaysWhatItWasMadeFor(t *testing.T) {
	t.Parallel()
	key := cloison.Secret(strings.Repeat("k", 32))
	replica, other := sealerOf(t, key), sealerOf(t, "")
	rapid.Check(t, func(r *rapid.T) {
		s := sealerOf(t, key)
		browser, back := rapid.StringN(1, 43, 43).Draw(r, "browser"), "/"+rapid.StringN(0, 300, 900).Draw(r, "back")
		at := time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(r, "at")).UTC()
		made, err := s.Begin(browser, back, at)
		if err != nil {
			r.Fatal(err)
		}
		got, ours, err := replica.Open(made.State, browser)
		if err != nil || !ours || got != made || got.Back != back || !got.Made.Equal(at) {
			r.Fatalf("%+v became %+v, %v, %v", made, got, ours, err)
		}
		if f, ours, err := replica.Open(made.State, browser+"x"); err != nil || ours || f.nonce == made.nonce || f.verifier == made.verifier {
			r.Fatalf("another browser: %+v, %v, %v", f, ours, err)
		}
		if _, _, err := other.Open(made.State, browser); refusal.ReasonOf(err) != refusal.FlowUnknown {
			r.Fatalf("another key: %v", err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(made.State)
		if err != nil {
			r.Fatal(err)
		}
		raw[rapid.IntRange(0, len(raw)-1).Draw(r, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
		if _, _, err := replica.Open(base64.RawURLEncoding.EncodeToString(raw), browser); refusal.ReasonOf(err) != refusal.FlowUnknown {
			r.Fatalf("a forged state: %v", err)
		}
		again, err := s.Begin(browser, back, at)
		if err != nil || again.State == made.State || again.nonce == made.nonce || again.verifier == made.verifier || made.nonce == made.verifier {
			r.Fatalf("two flows share something: %+v, %+v, %v", made, again, err)
		}
		if back != "/" && strings.Contains(string(raw), back) && len(back) > 4 {
			r.Fatalf("the path can be read in the state: %q", raw)
		}
	})
}

func sealerOf(t *testing.T, key cloison.Secret) Sealer {
	t.Helper()
	s, err := NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAShortStateKeyIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := NewSealer("trop-court"); cloison.KindOf(err) != cloison.Invalid {
		t.Error(err)
	}
}

func FuzzState(f *testing.F) {
	s, err := NewSealer("")
	if err != nil {
		f.Fatal(err)
	}
	made, err := s.Begin("navigateur", "/x", time.UnixMilli(1))
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"", "A", made.State, made.State + "A", made.State[:60], strings.Repeat("A", 4000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _, err := s.Open(text, "navigateur")
		if (err == nil) != (text == made.State) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
