package console_test

import (
	"bytes"
	"cloison/console"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestWhatIsTypedInTheWrongFieldIsNotLogged types somebody's name and address where an account's number is asked for.
func TestWhatIsTypedInTheWrongFieldIsNotLogged(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	var log bytes.Buffer
	pages, err := console.New(console.Config{Store: w.DB, Signin: w.Signin, Directory: w.Directory, Approvals: w.Approvals, Explanations: w.Explanations, Lifecycle: w.Tenure, Register: w.Register, URL: w.URL,
		Gauge: disclose.Gauge{Store: w.DB, Accounts: w.DB, Bound: policy.Default().Bound, Zone: testkit.Paris(t), Now: time.Now},
		Log:   slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now})
	w.Must(err)
	for _, body := range []string{
		`{"verb":"suspend","subject":{"account":"abdonie@usager.example","reason":"other"}}`,
		`{"verb":"suspend","subject":{"abdonie@usager.example":"x","reason":"other"}}`,
		`{"verb":"suspend","subject":{"account":"abdonie@usager.example"`,
		`{"verb":"cover","subject":{"for":"abdonie@usager.example"}}`,
		`{"verb":"propose","subject":{"roles":["abdonie@usager.example"]}}`,
		`{"verb":"propose","subject":{"roles":"abdonie@usager.example"}}`,
		`{"verb":"propose","subject":{"kind":"abdonie@usager.example"}}`,
		`{"verb":"propose","subject":{"kind":"new_account","structure":"abdonie@usager.example","name":"x","email":"abdonie@usager.example","roles":"adviser"}}`,
		`{"verb":"propose","subject":{"kind":"new_account","structure":"ML","name":"abdonie\\u0000","email":"abdonie@usager","roles":"abdonie"}}`,
		`{"verb":"contain","subject":{"account":"abdonie","since":"abdonie","reason":"abdonie"}}`,
		`{"verb":"export","subject":{"accounts":["abdonie"],"format":"abdonie"}}`,
		`{"verb":"abdonie@usager.example","subject":{}}`,
		`{"abdonie@usager.example":"suspend","subject":{}}`,
		"form=new_account&verb=propose&kind=new_account&name=&email=abdonie@usager&structure=abdonie&roles=abdonie",
		"form=trace&verb=trace&person=abdonie%01&since=abdonie",
		"form=abdonie&verb=abdonie&abdonie=abdonie",
	} {
		path, kind, accept := "/actes", "application/json", "application/json"
		if strings.HasPrefix(body, "form=") {
			path, kind, accept = "/registre", "application/x-www-form-urlencoded", "text/html"
			if strings.Contains(body, "new_account") {
				path = "/habilitations"
			}
		}
		r, err := http.NewRequest("POST", w.URL+path, strings.NewReader(body))
		w.Must(err)
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Accept", accept)
		for _, c := range officer.Client.Jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("User-Agent", "Go-http-client/1.1")
		answer := httptest.NewRecorder()
		pages.Pages().ServeHTTP(answer, r)
		if answer.Code < 400 || answer.Code >= 500 || log.Len() == 0 {
			t.Errorf("%s: %d, log %q", body, answer.Code, log.String())
		}
		if strings.Contains(log.String(), "abdonie") {
			t.Errorf("%s: the log says %s", body, log.String())
		}
		log.Reset()
	}
}
