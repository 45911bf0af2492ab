package explanation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/explanation"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
)

const siteSecret = "a-credential-of-the-site-0123456789abcdef"

// site is the body's own site, which asks for codes, with a clock of its own.
type site struct {
	testing.TB
	codes   explanation.Codes
	handler http.Handler
	said    testkit.Log
	clock   *testkit.Clock
}

func newSite(t testing.TB, perMinute int) *site {
	t.Helper()
	s := &site{TB: t, clock: testkit.NewClock(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
	var err error
	if s.codes, err = explanation.NewCodes(bytes.Repeat([]byte{7}, 32)); err != nil {
		t.Fatal(err)
	}
	s.handler, err = explanation.CodeEndpoint{Code: s.codes.Code, Credential: siteSecret, PerMinute: perMinute, Now: s.clock.Now,
		Log: s.said.Logger()}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// send sends one request; authorization is the whole header, none when empty.
func (s *site) send(method, path, authorization, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func (s *site) ask(person string) *httptest.ResponseRecorder {
	body, err := json.Marshal(map[string]string{"person": person})
	if err != nil {
		s.Fatal(err)
	}
	return s.send(http.MethodPost, explanation.CodesPath, "Bearer "+siteSecret, string(body))
}

type handed struct {
	Code  string
	Until time.Time
}

func (s *site) handed(w *httptest.ResponseRecorder) (h handed) {
	s.Helper()
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil || w.Code != http.StatusOK {
		s.Fatalf("%d %v", w.Code, err)
	}
	return h
}

// TestACodeHandedOutOpensTheFile goes the whole way: the site asks, the person reads out, the adviser types, once.
func TestACodeHandedOutOpensTheFile(t *testing.T) {
	s := newSite(t, 0)
	w := testworld.New(t, testworld.Options{Start: s.clock.Now()})
	d := explanation.NewGrants(w.DB, w.Explanations, s.codes, nil, testkit.Quiet())
	h := s.handed(s.ask("77"))
	if left := h.Until.Sub(s.clock.Now()); left <= 0 || left > 5*time.Minute {
		t.Errorf("the code is said to hold for %v", left)
	}
	by := w.By("adviser")
	if _, err := d.EnterCode(t.Context(), by, "78", cloison.Secret(h.Code)); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("another person's file: %v", err)
	}
	if g, err := d.EnterCode(t.Context(), by, "77", cloison.Secret(h.Code)); err != nil || g.Person != "77" || g.Means != explanation.Code {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err := d.EnterCode(t.Context(), by, "77", cloison.Secret(h.Code)); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("a second time: %v", err)
	}
}

// TestOnlyTheSiteIsHandedCodes tries wrong credentials until they get no answer any more; the site still gets one.
func TestOnlyTheSiteIsHandedCodes(t *testing.T) {
	s := newSite(t, 0)
	wrong := []string{"", "Bearer", "Bearer ", siteSecret, "bearer " + siteSecret, "Basic " + siteSecret, "Bearer " + siteSecret[:40], "Bearer " + siteSecret + " ",
		"Bearer  " + siteSecret, "Bearer " + strings.Repeat("x", 8000)}
	for _, authorization := range wrong {
		w := s.send(http.MethodPost, explanation.CodesPath, authorization, `{"person":"77"}`)
		if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" || strings.Contains(w.Body.String(), "code\"") {
			t.Errorf("%.60q: %d %s", authorization, w.Code, w.Body)
		}
	}
	if w := s.send(http.MethodPost, explanation.CodesPath, "Bearer no", `{"person":"77"}`); w.Code != http.StatusTooManyRequests {
		t.Errorf("the eleventh guess of a minute: %d", w.Code)
	}
	s.handed(s.ask("77"))
	s.clock.Add(time.Minute)
	if w := s.send(http.MethodPost, explanation.CodesPath, "Bearer no", `{"person":"77"}`); w.Code != http.StatusUnauthorized {
		t.Errorf("a minute later: %d", w.Code)
	}
	if log := s.said.String(); strings.Count(log, "wrong credential") != len(wrong)+1 || strings.Contains(log, siteSecret[:40]) {
		t.Errorf("the log says %s", log)
	}
	for _, secret := range []string{"", "short", strings.Repeat("x", 31)} {
		if _, err := (explanation.CodeEndpoint{Code: s.codes.Code, Credential: cloison.Secret(secret), Log: testkit.Quiet(), Now: s.clock.Now}).Handler(); err == nil {
			t.Errorf("a credential of %d characters is taken", len(secret))
		}
	}
}

// TestWhoExistsIsNotSaid: the answer has one shape for every person, known to a tool or not.
func TestWhoExistsIsNotSaid(t *testing.T) {
	s := newSite(t, 0)
	codes := map[string]bool{}
	first := s.ask("77")
	length := first.Body.Len()
	for i, person := range []string{"77", "78", "nobody-at-all", "ÉÈ", strings.Repeat("9", 64), "' OR 1=1 --", "<b>"} {
		w := s.ask(person)
		if w.Body.Len() != length || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%q: %d bytes, want %d, with %v", person, w.Body.Len(), length, w.Header())
		}
		if h := s.handed(w); len(h.Code) != 8 || strings.Trim(h.Code, "0123456789") != "" {
			t.Errorf("%q: a code of %d characters", person, len(h.Code))
		} else {
			codes[h.Code] = true
		}
		if len(codes) != i+1 {
			t.Errorf("%q has another person's code", person)
		}
	}
	if s.said.String() != "" {
		t.Errorf("the log says %s", &s.said)
	}
}

// TestWhatIsNoQuestionIsRefused sends other bodies and methods than the one.
func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	s := newSite(t, 0)
	for _, body := range []string{"", "null", "77", `"77"`, "[]", "{}", `{"person":""}`, `{"person":77}`, `{"person":null}`, `{"person":["77"]}`,
		`{"person":"77"}{}`, `{"person":"77","person":"78"}`, `{"person":"77","at":"2026-01-01T00:00:00Z"}`, `{"PERSON":"77"}`,
		`{"person":"` + strings.Repeat("9", 65) + `"}`, "{\"person\":\"7\\n8\"}", "{\"person\":\"\xff\"}", `{"person":"\ud800"}`,
		`{"person":"77"}` + strings.Repeat(" ", 4<<10), strings.Repeat("[", 4000)} {
		if w := s.send(http.MethodPost, explanation.CodesPath, "Bearer "+siteSecret, body); w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "77") {
			t.Errorf("%.80q: %d %s", body, w.Code, w.Body)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		if w := s.send(method, explanation.CodesPath+"?person=77", "Bearer "+siteSecret, ""); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	for _, path := range []string{"/", explanation.CodesPath + "/", explanation.CodesPath + "/77"} {
		if w := s.send(http.MethodPost, path, "Bearer "+siteSecret, `{"person":"77"}`); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if log := s.said.String(); strings.Contains(log, "77") {
		t.Errorf("the log says %s", log)
	}
}

// TestCodesAreHandedOutAtAPace: a thief of the credential does not get all codes at once.
func TestCodesAreHandedOutAtAPace(t *testing.T) {
	s := newSite(t, 5)
	handedOut := 0
	for i := range 20 {
		switch w := s.ask(fmt.Sprint(i)); {
		case w.Code == http.StatusOK:
			handedOut++
		case w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "":
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	if handedOut != 5 {
		t.Errorf("%d codes in a minute", handedOut)
	}
	s.clock.Add(-time.Hour) // a clock that goes back does not lock the site out
	s.handed(s.ask("77"))
}

// TestAFaultHandsNothingOut: an answer about a failing key names nobody.
func TestAFaultHandsNothingOut(t *testing.T) {
	s := newSite(t, 0)
	s.codes = explanation.Codes{}
	var err error
	s.handler, err = explanation.CodeEndpoint{Code: s.codes.Code, Credential: siteSecret, Now: s.clock.Now, Log: s.said.Logger()}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	w := s.ask("77-secret")
	if said := w.Body.String() + s.said.String(); w.Code != http.StatusServiceUnavailable || strings.Contains(said, "77-secret") || !strings.Contains(said, "no code") {
		t.Errorf("%d: %s", w.Code, said)
	}
}

// FuzzDeskCode: whatever the site sends, it gets one code of one well-formed person, or a refusal that quotes
// nothing.
func FuzzDeskCode(f *testing.F) {
	for _, body := range []string{`{"person":"77"}`, `{"person":"\u0037"}`, `{"person":"7\u00007"}`, `{"person":null}`, `{"person":"a","person":"b"}`, "[", ""} {
		f.Add([]byte(body))
	}
	s := newSite(f, 1<<30)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := s.send(http.MethodPost, explanation.CodesPath, "Bearer "+siteSecret, string(body))
		answer, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusOK {
			if w.Code != http.StatusBadRequest || string(answer) != "the body is {\"person\": \"…\"}, with 1 to 64 characters\n" {
				t.Fatalf("%d %s", w.Code, answer)
			}
			return
		}
		var in struct{ Person cloison.PersonRef }
		var out handed
		if json.Unmarshal(body, &in) != nil || in.Person.Check() != nil || json.Unmarshal(answer, &out) != nil {
			t.Fatalf("%q is answered %s", body, answer)
		}
		if want, _, err := s.codes.Code(in.Person, s.clock.Now()); err != nil || want.Reveal() != out.Code {
			t.Fatalf("%q is handed somebody else's code", body)
		}
	})
}
