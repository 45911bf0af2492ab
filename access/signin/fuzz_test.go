package signin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cloison"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
)

func TestLocalPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/", "/dossiers/7?onglet=notes#bas": "/dossiers/7?onglet=notes#bas", "/a//b": "/a//b", "/%C3%A9": "/%C3%A9",
		"": "/", "dossiers": "/", "//pirate.example": "/", "///pirate.example": "/", `/\pirate.example`: "/", `\\pirate.example`: "/",
		"https://pirate.example": "/", "javascript:alert(1)": "/", "/\t/pirate.example": "/", "/\n/pirate.example": "/", " /x": "/",
		"/é": "/", "/%zz": "/", "/x\x00": "/", "/%2F%2Fpirate.example": "/", "/cloison/signin?return=/": "/", "/cloison/callback": "/",
		"/cloison/session": "/cloison/session", "/" + strings.Repeat("a", 3000): "/",
	} {
		if got := signin.LocalPath(path); got != want {
			t.Errorf("LocalPath(%.40q) = %q, want %q", path, got, want)
		}
	}
}

// FuzzLocalPath: a browser that is sent there, by RFC 3986 or as browsers read it (WHATWG), stays on the host.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "//h", `/\h`, "/\t/h", "/x?y=//h#//h", "http:/h", "/..//h", "/%2e%2e//h", "/@h", "/;//h", "/:80"} {
		f.Add(s)
	}
	base, err := url.Parse("https://console.example/cloison/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := signin.LocalPath(path)
		if got != "/" && got != path {
			t.Fatalf("it became %q", got)
		}
		browsers := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(got)
		for _, read := range []string{got, browsers} {
			to, err := base.Parse(read)
			if err != nil || to.Host != base.Host || to.Scheme != base.Scheme || strings.HasPrefix(read, "//") {
				t.Fatalf("%q leads to %v, %v", path, to, err)
			}
		}
	})
}

// FuzzAnswer: no answer that nobody asked for opens a session, whatever it says.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"", "code=a&state=b", "state=" + strings.Repeat("A", 43) + "&iss=x", "error=access_denied", "%zz", "state=a&state=b"} {
		f.Add(s)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, w.origin+"/cloison/callback", nil)
		r.URL.RawQuery = query
		out := httptest.NewRecorder()
		to, err := w.signin.Callback(out, r)
		if err == nil || to != "" || len(out.Result().Cookies()) != 0 {
			t.Fatalf("%q: %q, %v", query, to, err)
		}
		if reason := refusal.ReasonOf(err); reason != refusal.FlowUnknown && reason != refusal.BadRequest {
			t.Fatalf("%q: %v", query, err)
		}
	})
}

// FuzzAssertion: nothing but the key's own answer approves, and nothing breaks.
func FuzzAssertion(f *testing.F) {
	w := newWorld(f)
	b := w.present("mail")
	session := w.live(b)
	_, options, err := w.signin.BeginAct(w.Ctx, session, signin.Approve, nil)
	w.Must(err)
	good, err := b.key.Assert(w.origin, options)
	w.Must(err)
	for _, s := range [][]byte{nil, []byte("{}"), []byte("[]"), []byte(`{"response":{"authenticatorData":"AAAA"}}`), good, good[:len(good)/2]} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, assertion []byte) {
		id, _, err := w.signin.BeginAct(w.Ctx, session, signin.Approve, nil)
		if refusal.ReasonOf(err) == refusal.Locked {
			w.Clock.Add(1)
			t.Skip("locked")
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.signin.FinishAct(w.Ctx, session, id, assertion); refusal.ReasonOf(err) != refusal.PasskeyRefused {
			t.Fatalf("%q: %v", assertion, err)
		}
	})
}

// TestProblems: every reason that signin may give has a status that says what kind it is, and JSON without anything
// else.
func TestProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.session(w.browser())
	p := refusal.ProblemOf(err)
	if b, err := json.Marshal(p); err != nil || string(b) != `{"status":401,"reason":"signed_out"}` {
		t.Errorf("%s, %v", b, err)
	}
	for kind, want := range map[cloison.Kind]refusal.Problem{
		cloison.Unavailable: {Status: 503, Reason: refusal.Closed},
		cloison.Internal:    {Status: 500, Reason: refusal.Fault},
		cloison.Invalid:     {Status: 400, Reason: refusal.BadRequest},
	} {
		if got := refusal.ProblemOf(cloison.Errorf(kind, "x")); got != want {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}
