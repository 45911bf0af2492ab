package oversight_test

import (
	"bytes"
	"cloison/access/lifecycle"
	"cloison/console"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestUnusedIsWhatTheConfigSays: forty days after all were used, nobody is unused by 90 days, and everybody is by 30.
func TestUnusedIsWhatTheConfigSays(t *testing.T) {
	w := consolekit.New(t)
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	later := func() time.Time { return time.Now().AddDate(0, 0, 40) }
	for days, want := range map[int]bool{90: false, 30: true} {
		pages, err := console.New(console.Config{Store: w.DB, Signin: w.Signin, Directory: w.Directory, Approvals: w.Approvals, Explanations: w.Explanations, URL: w.URL,
			Lifecycle: lifecycle.New(w.DB, lifecycle.Settings{DormantAfter: time.Duration(days) * 24 * time.Hour}, testkit.Paris(t), testkit.Quiet(), time.Now),
			Gauge:     disclose.Gauge{Store: w.DB, Accounts: w.DB, Bound: policy.Default().Bound, Zone: testkit.Paris(t), Now: time.Now},
			Log:       testkit.Quiet(), Now: later})
		w.Must(err)
		for _, accept := range []string{"application/json", "text/html"} {
			r, err := http.NewRequest("GET", w.URL+"/exposition", nil)
			w.Must(err)
			r.Header.Set("Accept", accept)
			r.Header.Set("User-Agent", "Go-http-client/1.1")
			r.RemoteAddr = "127.0.0.1:1"
			for _, c := range manager.Client.Jar.Cookies(r.URL) {
				r.AddCookie(c)
			}
			answer := httptest.NewRecorder()
			pages.Pages().ServeHTTP(answer, r)
			var shown struct {
				Unused int `json:"unused"`
			}
			body := answer.Body.Bytes()
			if accept == "text/html" {
				if says := strings.Contains(string(body), "inutilisées depuis 30 jours"); says != want || bytes.Contains(body, []byte("90 jours")) {
					t.Errorf("after %d days the page says %s", days, body)
				}
			} else if err := json.Unmarshal(body, &shown); err != nil || (shown.Unused > 0) != want {
				t.Errorf("after %d days: %d, %v, want some: %t: %s", days, shown.Unused, err, want, body)
			}
		}
	}
}
