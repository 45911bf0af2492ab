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

// CodesPath is where the body's own site, which has signed the person in, asks for the code that it shows to them.
const CodesPath = "/api/desk-code"

// CodeEndpoint gives persons' codes to that site. Serve it at an address of its own that only the site reaches: its
// credential gives the code of every person. To use a code takes an agent's account besides.
type CodeEndpoint struct {
	// Code is Codes.Code.
	Code       func(person cloison.PersonRef, at time.Time) (code cloison.Secret, until time.Time, err error)
	Credential cloison.Secret // the site's, of 32 characters at least
	PerMinute  int            // codes that this process gives; 0: DefaultCodesPerMinute
	Log        *slog.Logger
	Now        func() time.Time
}

// DefaultCodesPerMinute is the most codes a minute, unless a setting says otherwise.
const DefaultCodesPerMinute = 6000

// wrongPerMinute is how many wrong credentials get an answer. The right one always does.
const wrongPerMinute = 10

// Handler answers POST CodesPath with {"person": "…"}: {"code": "…", "until": "…"}. Neither is ever logged.
func (h CodeEndpoint) Handler() (http.Handler, error) {
	if len(h.Credential.Reveal()) < 32 {
		return nil, cloison.Errorf(cloison.Invalid, "desk.credential_file: the credential has fewer than 32 characters")
	}
	if h.PerMinute <= 0 {
		h.PerMinute = DefaultCodesPerMinute
	}
	right := sha256.Sum256([]byte(h.Credential.Reveal()))
	var wrong, handed minuteCounter
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+CodesPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		bearer, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		given := sha256.Sum256([]byte(bearer)) // so that the comparison does not depend on the length of the secret
		switch now := h.Now(); {
		case subtle.ConstantTimeCompare(given[:], right[:]) != 1 || !is:
			if !wrong.admits(now, wrongPerMinute) {
				http.Error(w, "too many wrong credentials", http.StatusTooManyRequests)
				return
			}
			h.Log.WarnContext(r.Context(), "wrong credential for persons' codes")
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
	if err != nil || in.Person.Check() != nil { // the error would quote the person
		http.Error(w, `the body is {"person": "…"}, with 1 to 64 characters`, http.StatusBadRequest)
		return
	}
	code, until, err := h.Code(in.Person, now)
	if err != nil {
		h.Log.ErrorContext(r.Context(), "making a person's code failed", "err", err)
		http.Error(w, "no code can be made", cloison.KindOf(err).HTTPStatus())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(struct { // a failure means that the client is gone
		Code  string    `json:"code"`
		Until time.Time `json:"until"`
	}{code.Reveal(), until})
}

// minuteCounter counts within one minute at a time.
type minuteCounter struct {
	mu    sync.Mutex
	began time.Time
	n     int
}

func (m *minuteCounter) admits(now time.Time, most int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.began).Abs() >= time.Minute {
		m.began, m.n = now, 0
	}
	m.n++
	return m.n <= most
}
