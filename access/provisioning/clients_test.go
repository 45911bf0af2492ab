package provisioning_test

import (
	"strings"
	"testing"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/machinekit"
	"cloison/internal/testkit/testworld"
)

func TestTokens(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	for name, c := range map[string]struct {
		header string
		path   string
		want   int
	}{
		"present":          {"Bearer " + machinekit.Token("idm", 0), "/scim/v2/Users", 200},
		"next":             {"Bearer " + machinekit.Token("idm", 1), "/scim/v2/Users", 200},
		"scheme in small":  {"bearer " + machinekit.Token("idm", 0), "/scim/v2/Users", 200},
		"absent":           {"", "/scim/v2/Users", 401},
		"empty":            {"Bearer ", "/scim/v2/Users", 401},
		"another":          {"Bearer " + machinekit.Token("idm", 2), "/scim/v2/Users", 401},
		"cut short":        {"Bearer " + machinekit.Token("idm", 0)[:34], "/scim/v2/Users", 401},
		"another kind's":   {"Bearer " + machinekit.Token("lms", 0), "/scim/v2/Users", 401},
		"basic, for SCIM":  {"Basic aWRtOmFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhaWRt", "/scim/v2/Users", 401},
		"SCIM's, for xAPI": {"Bearer " + machinekit.Token("idm", 0), "/xapi/statements", 401},
		"discovery too":    {"", "/scim/v2/ServiceProviderConfig", 401},
	} {
		got := w.Send("GET", c.path, "", "Authorization", c.header)
		if got.Status != c.want {
			t.Errorf("%s: %d, want %d", name, got.Status, c.want)
		}
		if c.want == 401 && (got.Header.Get("WWW-Authenticate") == "" || strings.Contains(got.Body, "idm")) {
			t.Errorf("%s: %v %s", name, got.Header, got.Body)
		}
	}
}

// TestACutSourceIsStoppedAtOnce: the token is still good, the account is not.
func TestACutSourceIsStoppedAtOnce(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	w.Want(w.SCIM("idm", "GET", "/Users", ""), 200)
	if err := w.Directory.Suspend(t.Context(), w.By("officer"), w.Who["idm"].ID, "suspicion"); err != nil {
		t.Fatal(err)
	}
	for method, path := range map[string]string{"GET": "/Users", "POST": "/Users", "DELETE": "/Users/" + w.Who["ann"].ID.String()} {
		if got := w.SCIM("idm", method, path, machinekit.Newcomer("x")); got.Status != 403 {
			t.Errorf("%s: %d %s", method, got.Status, got.Body)
		}
	}
	if w.Read("ann").State != directory.Active {
		t.Error("a cut source suspended somebody")
	}
	w.Want(w.SCIM("idm1b", "GET", "/Users", ""), 200)
}

func TestSpeedLimits(t *testing.T) {
	w := machinekit.New(t, testworld.Options{Approval: approval.Settings{PerManager: 2}})
	for _, name := range []string{"one", "two"} {
		w.Want(w.SCIM("idm", "POST", "/Users", machinekit.Newcomer(name)), 201)
	}
	got := w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("three"))
	if got.Status != 429 || got.Header.Get("Retry-After") == "" || got.JSON["schemas"].([]any)[0] != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("%d %v %s", got.Status, got.Header, got.Body)
	}
	w.Want(w.SCIM("idm", "DELETE", "/Users/"+w.Who["ann"].ID.String(), ""), 204) // leaving has no limit
	w.Clock.Add(25 * time.Hour)
	w.Want(w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("three")), 201)
}

func TestTooManyRequests(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	for range 1000 {
		if got := w.Send("GET", "/scim/v2/Me", "", "Authorization", "Bearer "+machinekit.Token("idm", 0)); got.Status == 429 {
			t.Fatal("too early")
		}
	}
	if got := w.SCIM("idm", "GET", "/Users", ""); got.Status != 429 || got.Header.Get("Retry-After") != "60" {
		t.Errorf("%d %v", got.Status, got.Header)
	}
	w.Want(w.SCIM("idm2", "GET", "/Users", ""), 200)
	w.Clock.Add(time.Minute)
	w.Want(w.SCIM("idm", "GET", "/Users", ""), 200)
}

// TestTheLogNamesNobody: whatever clients send, the log and the journal hold no name and no address.
func TestTheLogNamesNobody(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	for _, body := range []string{machinekit.Newcomer("camille"), machinekit.Newcomer("ann"), `{"userName":"camille@ml.example"`, strings.ReplaceAll(machinekit.Newcomer("camille"), "active", "roles")} {
		w.SCIM("idm", "POST", "/Users", body)
	}
	w.SCIM("idm", "GET", machinekit.Filter(`userName eq "camille@ml.example"`), "")
	w.SCIM("idm", "GET", "/Users/camille@ml.example", "")
	w.SCIM("idm", "PATCH", "/Users/"+w.Who["ann"].ID.String(), machinekit.Patch(`{"op":"replace","path":"displayName","value":"camille"}`))
	w.XAPI("lms", "POST", "", machinekit.Statement(`"name":"ann"`, `"name":"camille"`))
	w.XAPI("lms", "POST", "", machinekit.Statement())
	events, err := w.DB.Events(t.Context(), 0, 1000)
	if err != nil || len(events) == 0 {
		t.Fatal(err)
	}
	for _, e := range events {
		for _, v := range e.Detail {
			if strings.Contains(v, "camille") || strings.Contains(v, "@") {
				t.Errorf("the journal says %v", e.Detail)
			}
		}
	}
	if log := w.Logs.String(); strings.Contains(log, "camille") || strings.Contains(log, "@") || strings.Contains(log, machinekit.Token("idm", 0)) || !strings.Contains(log, `"client":"idm"`) {
		t.Errorf("the log says %s", log)
	}
}
