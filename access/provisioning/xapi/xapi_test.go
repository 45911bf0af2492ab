package xapi_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/internal/testkit/machinekit"
	"cloison/internal/testkit/testworld"
)

func TestACompletionCounts(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	got := w.Want(w.XAPI("lms", "POST", "", machinekit.Statement()), 200)
	if got.Body != `["`+machinekit.StatementID+`"]` {
		t.Errorf("ids: %s", got.Body)
	}
	until := time.Date(2026, 9, 1, 7, 0, 0, 0, time.UTC) // six months, in French time
	if a := w.Read("ann"); !a.AwarenessUntil.Equal(until) {
		t.Errorf("valid until %v", a.AwarenessUntil)
	}
	version := w.Read("ann").Version
	w.Want(w.XAPI("lms", "POST", "", machinekit.Statement()), 200) // the same again, in another form
	w.Want(w.XAPI("lms", "PUT", "?statementId="+strings.ToUpper(machinekit.StatementID), machinekit.Statement(`"score":{"scaled":0.9}`, `"score":{"scaled":9e-1}`)), 204)
	if got := w.XAPI("lms", "POST", "", machinekit.Statement("09:00:00", "10:00:00")); got.Status != 409 {
		t.Errorf("another statement took its id: %d %s", got.Status, got.Body)
	}
	if w.Read("ann").Version != version {
		t.Error("a repetition changed something")
	}
	events, err := w.DB.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range events {
		if e.Code == "training.attested" {
			if n++; e.Detail["source"] != "lms:lms" {
				t.Errorf("the journal says %v", e.Detail)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d attestations in the journal", n)
	}
}

// TestWhatAStatementMeans is the table of statements: what is taken, and whether it counts.
func TestWhatAStatementMeans(t *testing.T) {
	const actor = `"account":{"homePage":"` + machinekit.Platform + `","name":"ann"}`
	for name, c := range map[string]struct {
		body   string
		status int
		counts bool
	}{
		"passed":                  {machinekit.Statement("completed", "passed"), 200, true},
		"no id":                   {machinekit.Statement(`"id":"`+machinekit.StatementID+`",`, ""), 200, true},
		"in a list":               {"[" + machinekit.Statement() + "]", 200, true},
		"by address":              {machinekit.Statement(actor, `"mbox":"mailto:ANN@ml.example"`), 200, true},
		"failed":                  {machinekit.Statement(`"success":true`, `"success":false`), 200, false},
		"not complete":            {machinekit.Statement(`"completion":true`, `"completion":false`), 200, false},
		"no result":               {machinekit.Statement(`"result":{"completion":true,"success":true,"score":{"scaled":0.9}},`, ""), 200, true},
		"another verb":            {machinekit.Statement("verbs/completed", "verbs/launched"), 200, false},
		"another activity":        {machinekit.Statement("sensibilisation", "bureautique"), 200, false},
		"voided":                  {machinekit.Statement("verbs/completed", "verbs/voided"), 403, false},
		"future":                  {machinekit.Statement("2026-03-01T09:00:00+01:00", "2026-03-02T10:01:01+01:00"), 400, false},
		"within the clocks' skew": {machinekit.Statement("2026-03-01T09:00:00+01:00", "2026-03-02T10:00:59+01:00"), 200, true},
		"far future":              {machinekit.Statement("2026-03-01", "9026-03-01"), 400, false},
		"no timestamp":            {machinekit.Statement(`,"timestamp":"2026-03-01T09:00:00+01:00"`, ""), 400, false},
		"no zone":                 {machinekit.Statement("09:00:00+01:00", "09:00:00"), 400, false},
		"no date":                 {machinekit.Statement("2026-03-01T", "2026-02-30T"), 400, false},
		"another platform":        {machinekit.Statement(machinekit.Platform+`","name`, machinekit.Platform+`/","name`), 400, false},
		"another structure":       {machinekit.Statement(`"name":"ann"`, `"name":"stranger"`), 400, false},
		"its address":             {machinekit.Statement(actor, `"mbox":"mailto:stranger@ml.example"`), 400, false},
		"nobody":                  {machinekit.Statement(`"name":"ann"`, `"name":"nobody"`), 400, false},
		"a machine":               {machinekit.Statement(actor, `"mbox":"mailto:lms@ml.example"`), 400, false},
		"two identifiers":         {machinekit.Statement(actor, actor+`,"mbox":"mailto:ann@ml.example"`), 400, false},
		"no identifier":           {machinekit.Statement(actor, `"name":"ann"`), 400, false},
		"a hash of an address":    {machinekit.Statement(actor, `"mbox_sha1sum":"aa"`), 400, false},
		"a group":                 {machinekit.Statement(`"objectType":"Agent"`, `"objectType":"Group"`), 400, false},
		"a name twice":            {machinekit.Statement(`"result"`, `"Result":{},"result"`), 400, false},
		"an unknown property":     {machinekit.Statement(`"result"`, `"extra":1,"result"`), 400, false},
		"null":                    {machinekit.Statement(`"result":{`, `"context":null,"result":{`), 400, false},
		"success as a text":       {machinekit.Statement(`"success":true`, `"success":"true"`), 400, false},
		"an id that is none":      {machinekit.Statement(machinekit.StatementID, "1"), 400, false},
		"one id twice":            {"[" + machinekit.Statement() + "," + machinekit.Statement() + "]", 400, false},
		"two documents":           {machinekit.Statement() + machinekit.Statement(), 400, false},
		"no object":               {"7", 400, false},
		"nothing":                 {"", 400, false},
		"deep":                    {strings.Repeat("[", 100000), 400, false},
		"a good and a bad one":    {"[" + machinekit.Statement() + "," + machinekit.Statement(machinekit.StatementID, "f47ac10b-58cc-4372-a567-0e02b2c3d470", `"name":"ann"`, `"name":"nobody"`) + "]", 400, false},
		"too many":                {"[" + strings.Repeat(machinekit.Statement(`"id":"`+machinekit.StatementID+`",`, "")+",", 100) + machinekit.Statement() + "]", 413, false},
		"too long":                {machinekit.Statement("a terminé", strings.Repeat("a", 1<<20)), 413, false},
		"another version":         {machinekit.Statement(`"result"`, `"version":"2.0.0","result"`), 400, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := machinekit.New(t, testworld.Options{})
			got := w.XAPI("lms", "POST", "", c.body)
			if got.Status != c.status {
				t.Errorf("%d, want %d: %s", got.Status, c.status, got.Body)
			}
			if counts := !w.Read("ann").AwarenessUntil.IsZero(); counts != c.counts {
				t.Errorf("it counts: %t", counts)
			}
			if !w.Read("stranger").AwarenessUntil.IsZero() {
				t.Error("somebody of another structure was trained")
			}
		})
	}
}

// TestAnAddressOfTwo: an address that two accounts have names neither, unless one of them alone is in reach.
func TestAnAddressOfTwo(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	byAddress := machinekit.Statement(`"account":{"homePage":"`+machinekit.Platform+`","name":"ann"}`, `"mbox":"mailto:ann@ml.example"`)
	if err := w.Directory.Amend(t.Context(), cloison.Caller{Account: w.Who["idm2"].ID}, w.Who["stranger"].ID, "", "ann@ml.example"); err != nil {
		t.Fatal(err)
	}
	if got := w.XAPI("lmsall", "POST", "", byAddress); got.Status != 400 {
		t.Errorf("one of two was chosen: %s", got.Body)
	}
	w.Want(w.XAPI("lms", "POST", "", byAddress), 200)
	if w.Read("ann").AwarenessUntil.IsZero() || !w.Read("stranger").AwarenessUntil.IsZero() {
		t.Error("the wrong one was trained")
	}
	w.Want(w.XAPI("lmsall", "POST", "", machinekit.Statement(`"name":"ann"`, `"name":"stranger"`)), 200)
	if w.Read("stranger").AwarenessUntil.IsZero() {
		t.Error("the network's platform does not reach everybody")
	}
}

func TestStatementsAreNotGivenOut(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	for _, method := range []string{"GET", "DELETE", "PATCH"} {
		if got := w.XAPI("lms", method, "", ""); got.Status != 405 || got.Header.Get("Allow") == "" {
			t.Errorf("%s: %d", method, got.Status)
		}
	}
	if got := w.Send("GET", "/xapi/about", ""); got.Status != 200 || got.Body != `{"version":["1.0.3"]}` {
		t.Errorf("about: %d %s", got.Status, got.Body)
	}
	for name, c := range map[string][]string{
		"no version":      {"X-Experience-API-Version", ""},
		"another version": {"X-Experience-API-Version", "2.0.0"},
		"1.00":            {"X-Experience-API-Version", "1.00"},
	} {
		if got := w.XAPI("lms", "POST", "", machinekit.Statement(), c...); got.Status != 400 {
			t.Errorf("%s: %d", name, got.Status)
		}
	}
	if got := w.XAPI("lms", "POST", "", machinekit.Statement(), "Content-Type", "multipart/mixed; boundary=x"); got.Status != 415 {
		t.Errorf("attachments: %d", got.Status)
	}
	for _, q := range []string{"", "?statementId=1", "?statementId=" + machinekit.StatementID + "&statementId=" + machinekit.StatementID,
		"?statementId=f47ac10b-58cc-4372-a567-0e02b2c3d470"} {
		if got := w.XAPI("lms", "PUT", q, machinekit.Statement()); got.Status != 400 {
			t.Errorf("PUT %s: %d", q, got.Status)
		}
	}
	basic := func(name string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+machinekit.Token("lms", 0)))
	}
	if got := w.XAPI("lms", "POST", "", machinekit.Statement(), "Authorization", basic("lms")); got.Status != 200 {
		t.Errorf("basic: %d %s", got.Status, got.Body)
	}
	if got := w.XAPI("lms", "POST", "", machinekit.Statement(), "Authorization", basic("lmsall")); got.Status != 401 {
		t.Errorf("another's name: %d %s", got.Status, got.Body)
	}
	if err := w.Directory.Suspend(t.Context(), w.By("officer"), w.Who["lms"].ID, "suspicion"); err != nil {
		t.Fatal(err)
	}
	if got := w.XAPI("lms", "POST", "", machinekit.Statement()); got.Status != 403 {
		t.Errorf("a cut platform: %d", got.Status)
	}
}
