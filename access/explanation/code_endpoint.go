package explanation

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"cloison"
)

// CodesPath is where the body's own site, which knows its person, asks for the code that it shows to them.
const CodesPath = "/api/desk-code"

// CodeEndpoint gives the codes of persons to that site. It belongs on an address of its own that only the site reaches:
// its credential gives every person's code, and an agent's account is needed besides to use one.
type CodeEndpoint struct {
	// Code is Codes.Code.
	Code       func(person cloison.PersonRef, at time.Time) (code cloison.Secret, until time.Time, err error)
	Credential cloison.Secret // the site's, of 32 characters at least
	PerMinute  int            // codes handed out by this process; 0: DefaultCodesPerMinute
	Log        *slog.Logger
	Now        func() time.Time
}

// DefaultCodesPerMinute is how many codes a minute are handed out when the config says nothing.
const DefaultCodesPerMinute = 6000

// wrongPerMinute is how many wrong credentials are answered as such. A right one is always let in.
const wrongPerMinute = 10

// Handler answers POST CodesPath with {"person": "…"}: {"code": "…", "until": "…"}. Neither is ever logged.
func (h CodeEndpoint) Handler() (http.Handler, error) {
	if len(h.Credential.Reveal()) < 32 {
		return nil, cloison.Errorf(cloison.Invalid, "the desk's credential has fewer than 32 characters")
	}
	if h.PerMinute <= 0 {
		h.PerMinute = DefaultCodesPerMinute
	}
	right := sha256.Sum256([]byte(h.Credential.Reveal()))
	var wrong, handed minute
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+CodesPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		bearer, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		given := sha256.Sum256([]byte(bearer)) // of one length: the comparison tells nothing of the secret's
		switch now := h.Now(); {
		case subtle.ConstantTimeCompare(given[:], right[:]) != 1 || !is:
			if !wrong.admits(now, wrongPerMinute) {
				http.Error(w, "too many wrong credentials", http.StatusTooManyRequests)
				return
			}
			h.Log.WarnContext(r.Context(), "a wrong credential asked for a person's code")
			w.Header().Set("WWW-Authenticate", `Bearer realm="desk"`)
			http.Error(w, "the credential is missing or wrong", http.StatusUnauthorized)
		case !handed.admits(now, h.PerMinute):
			w.Header().Set("Retry-After", "60")
			http.Error(w, "too many codes asked for: wait a minute", http.StatusTooManyRequests)
		default:
			h.hand(w, r, now)
		}
	})
	return mux, nil
}

func (h CodeEndpoint) hand(w http.ResponseWriter, r *http.Request, now time.Time) {
	var in struct {
		Person cloison.PersonRef `json:"person"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
	if err == nil {
		err = jsonv2.Unmarshal(body, &in, jsonv2.RejectUnknownMembers(true))
	}
	if err != nil || in.Person.Check() != nil { // what is wrong with it would quote it
		http.Error(w, `the body is {"person": "…"}, with 1 to 64 characters`, http.StatusBadRequest)
		return
	}
	code, until, err := h.Code(in.Person, now)
	if err != nil {
		h.Log.ErrorContext(r.Context(), "no code was made", "err", err)
		http.Error(w, "no code can be made", cloison.KindOf(err).HTTPStatus())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(struct { // the client is gone if this fails
		Code  string    `json:"code"`
		Until time.Time `json:"until"`
	}{code.Reveal(), until})
}

// minute counts what happens within one minute of the clock.
type minute struct {
	mu    sync.Mutex
	began time.Time
	n     int
}

func (m *minute) admits(now time.Time, most int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.began).Abs() >= time.Minute {
		m.began, m.n = now, 0
	}
	m.n++
	return m.n <= most
}
