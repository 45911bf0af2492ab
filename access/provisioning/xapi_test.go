package provisioning_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"cloison/access/directory"
)

const statementID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"

// said is a statement, with edits of the form old, new.
func said(edits ...string) string {
	s := `{"id":"` + statementID + `","actor":{"objectType":"Agent","account":{"homePage":"` + platform + `","name":"ann"}},` +
		`"verb":{"id":"http://adlnet.gov/expapi/verbs/completed","display":{"fr":"a terminé"}},` +
		`"object":{"id":"` + activity + `","objectType":"Activity"},"result":{"completion":true,"success":true,"score":{"scaled":0.9}},` +
		`"timestamp":"2026-03-01T09:00:00+01:00"}`
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(s, edits[i]) {
			panic(edits[i])
		}
		s = strings.Replace(s, edits[i], edits[i+1], 1)
	}
	return s
}

func (w *world) xapi(client, method, query, body string, header ...string) reply {
	w.Helper()
	all := append([]string{"Authorization", "Bearer " + token(client, 0), "Content-Type", "application/json", "X-Experience-API-Version", "1.0.3"}, header...)
	got := w.send(method, "/xapi/statements"+query, body, all...)
	if got.header.Get("X-Experience-API-Version") != "1.0.3" {
		w.Errorf("%s: no version header: %v", method, got.header)
	}
	return got
}

func TestACompletionCounts(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	got := w.want(w.xapi("lms", "POST", "", said()), 200)
	if got.body != `["`+statementID+`"]` {
		t.Errorf("ids: %s", got.body)
	}
	until := time.Date(2026, 9, 1, 7, 0, 0, 0, time.UTC) // six months, in French time
	if a := w.read("ann"); !a.AwarenessUntil.Equal(until) {
		t.Errorf("valid until %v", a.AwarenessUntil)
	}
	version := w.read("ann").Version
	w.want(w.xapi("lms", "POST", "", said()), 200) // the same again, in another form
	w.want(w.xapi("lms", "PUT", "?statementId="+strings.ToUpper(statementID), said(`"score":{"scaled":0.9}`, `"score":{"scaled":9e-1}`)), 204)
	if got := w.xapi("lms", "POST", "", said("09:00:00", "10:00:00")); got.status != 409 {
		t.Errorf("another statement took its id: %d %s", got.status, got.body)
	}
	if w.read("ann").Version != version {
		t.Error("a repetition changed something")
	}
	events, err := w.db.Events(t.Context(), 0, 1000)
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
	const actor = `"account":{"homePage":"` + platform + `","name":"ann"}`
	for name, c := range map[string]struct {
		body   string
		status int
		counts bool
	}{
		"passed":                  {said("completed", "passed"), 200, true},
		"no id":                   {said(`"id":"`+statementID+`",`, ""), 200, true},
		"in a list":               {"[" + said() + "]", 200, true},
		"by address":              {said(actor, `"mbox":"mailto:ANN@ml.example"`), 200, true},
		"failed":                  {said(`"success":true`, `"success":false`), 200, false},
		"not complete":            {said(`"completion":true`, `"completion":false`), 200, false},
		"no result":               {said(`"result":{"completion":true,"success":true,"score":{"scaled":0.9}},`, ""), 200, true},
		"another verb":            {said("verbs/completed", "verbs/launched"), 200, false},
		"another activity":        {said("sensibilisation", "bureautique"), 200, false},
		"voided":                  {said("verbs/completed", "verbs/voided"), 403, false},
		"future":                  {said("2026-03-01T09:00:00+01:00", "2026-03-02T10:01:01+01:00"), 400, false},
		"within the clocks' skew": {said("2026-03-01T09:00:00+01:00", "2026-03-02T10:00:59+01:00"), 200, true},
		"far future":              {said("2026-03-01", "9026-03-01"), 400, false},
		"no timestamp":            {said(`,"timestamp":"2026-03-01T09:00:00+01:00"`, ""), 400, false},
		"no zone":                 {said("09:00:00+01:00", "09:00:00"), 400, false},
		"no date":                 {said("2026-03-01T", "2026-02-30T"), 400, false},
		"another platform":        {said(platform+`","name`, platform+`/","name`), 400, false},
		"another structure":       {said(`"name":"ann"`, `"name":"stranger"`), 400, false},
		"its address":             {said(actor, `"mbox":"mailto:stranger@ml.example"`), 400, false},
		"nobody":                  {said(`"name":"ann"`, `"name":"nobody"`), 400, false},
		"a machine":               {said(actor, `"mbox":"mailto:lms@ml.example"`), 400, false},
		"two identifiers":         {said(actor, actor+`,"mbox":"mailto:ann@ml.example"`), 400, false},
		"no identifier":           {said(actor, `"name":"ann"`), 400, false},
		"a hash of an address":    {said(actor, `"mbox_sha1sum":"aa"`), 400, false},
		"a group":                 {said(`"objectType":"Agent"`, `"objectType":"Group"`), 400, false},
		"a name twice":            {said(`"result"`, `"Result":{},"result"`), 400, false},
		"an unknown property":     {said(`"result"`, `"extra":1,"result"`), 400, false},
		"null":                    {said(`"result":{`, `"context":null,"result":{`), 400, false},
		"success as a text":       {said(`"success":true`, `"success":"true"`), 400, false},
		"an id that is none":      {said(statementID, "1"), 400, false},
		"one id twice":            {"[" + said() + "," + said() + "]", 400, false},
		"two documents":           {said() + said(), 400, false},
		"no object":               {"7", 400, false},
		"nothing":                 {"", 400, false},
		"deep":                    {strings.Repeat("[", 100000), 400, false},
		"a good and a bad one":    {"[" + said() + "," + said(statementID, "f47ac10b-58cc-4372-a567-0e02b2c3d470", `"name":"ann"`, `"name":"nobody"`) + "]", 400, false},
		"too many":                {"[" + strings.Repeat(said(`"id":"`+statementID+`",`, "")+",", 100) + said() + "]", 413, false},
		"too long":                {said("a terminé", strings.Repeat("a", 1<<20)), 413, false},
		"another version":         {said(`"result"`, `"version":"2.0.0","result"`), 400, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, directory.Settings{})
			got := w.xapi("lms", "POST", "", c.body)
			if got.status != c.status {
				t.Errorf("%d, want %d: %s", got.status, c.status, got.body)
			}
			if counts := !w.read("ann").AwarenessUntil.IsZero(); counts != c.counts {
				t.Errorf("it counts: %t", counts)
			}
			if !w.read("stranger").AwarenessUntil.IsZero() {
				t.Error("somebody of another structure was trained")
			}
		})
	}
}

// TestAnAddressOfTwo: an address that two accounts have names neither, unless one of them alone is in reach.
func TestAnAddressOfTwo(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	byAddress := said(`"account":{"homePage":"`+platform+`","name":"ann"}`, `"mbox":"mailto:ann@ml.example"`)
	if err := w.d.Amend(t.Context(), directory.Caller{Account: w.who["idm2"].ID}, w.who["stranger"].ID, "", "ann@ml.example"); err != nil {
		t.Fatal(err)
	}
	if got := w.xapi("lmsall", "POST", "", byAddress); got.status != 400 {
		t.Errorf("one of two was chosen: %s", got.body)
	}
	w.want(w.xapi("lms", "POST", "", byAddress), 200)
	if w.read("ann").AwarenessUntil.IsZero() || !w.read("stranger").AwarenessUntil.IsZero() {
		t.Error("the wrong one was trained")
	}
	w.want(w.xapi("lmsall", "POST", "", said(`"name":"ann"`, `"name":"stranger"`)), 200)
	if w.read("stranger").AwarenessUntil.IsZero() {
		t.Error("the network's platform does not reach everybody")
	}
}

func TestStatementsAreNotGivenOut(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for _, method := range []string{"GET", "DELETE", "PATCH"} {
		if got := w.xapi("lms", method, "", ""); got.status != 405 || got.header.Get("Allow") == "" {
			t.Errorf("%s: %d", method, got.status)
		}
	}
	if got := w.send("GET", "/xapi/about", ""); got.status != 200 || got.body != `{"version":["1.0.3"]}` {
		t.Errorf("about: %d %s", got.status, got.body)
	}
	for name, c := range map[string][]string{
		"no version":      {"X-Experience-API-Version", ""},
		"another version": {"X-Experience-API-Version", "2.0.0"},
		"1.00":            {"X-Experience-API-Version", "1.00"},
	} {
		if got := w.xapi("lms", "POST", "", said(), c...); got.status != 400 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if got := w.xapi("lms", "POST", "", said(), "Content-Type", "multipart/mixed; boundary=x"); got.status != 415 {
		t.Errorf("attachments: %d", got.status)
	}
	for _, q := range []string{"", "?statementId=1", "?statementId=" + statementID + "&statementId=" + statementID,
		"?statementId=f47ac10b-58cc-4372-a567-0e02b2c3d470"} {
		if got := w.xapi("lms", "PUT", q, said()); got.status != 400 {
			t.Errorf("PUT %s: %d", q, got.status)
		}
	}
	basic := func(name string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+token("lms", 0)))
	}
	if got := w.xapi("lms", "POST", "", said(), "Authorization", basic("lms")); got.status != 200 {
		t.Errorf("basic: %d %s", got.status, got.body)
	}
	if got := w.xapi("lms", "POST", "", said(), "Authorization", basic("lmsall")); got.status != 401 {
		t.Errorf("another's name: %d %s", got.status, got.body)
	}
	if err := w.d.Suspend(t.Context(), w.by("officer"), w.who["lms"].ID, "suspicion"); err != nil {
		t.Fatal(err)
	}
	if got := w.xapi("lms", "POST", "", said()); got.status != 403 {
		t.Errorf("a cut platform: %d", got.status)
	}
}
