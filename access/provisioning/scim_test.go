package provisioning_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
)

func filter(f string) string { return "/Users?filter=" + url.QueryEscape(f) }

// TestANewcomerIsAProposal walks a person through a client's life: proposed, approved, enrolled, left, back.
func TestANewcomerIsAProposal(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	made := w.want(w.scim("idm", "POST", "/Users", newcomer("camille")), 201)
	id := made.id()
	if made.active() || made.state() != "proposed" || made.approval("proposal") != id || made.externalID() != "ext-camille" ||
		made.header.Get("Location") != "https://intake.example/scim/v2/Users/"+id || made.userName() != "camille@ml.example" {
		t.Errorf("what was made: %s", made.body)
	}
	if found, err := w.db.AccountsByEmail(t.Context(), "camille@ml.example"); err != nil || len(found) != 0 {
		t.Fatalf("a machine made an account: %v, %v", found, err)
	}
	for _, f := range []string{`userName eq "CAMILLE@ml.example"`, `externalId eq "ext-camille"`, `id eq "` + id + `"`,
		`active eq false and userName sw "cam"`, `emails[value eq "camille@ml.example"]`, `name.familyName eq "Exemple"`} {
		if got := w.want(w.scim("idm", "GET", filter(f), ""), 200); got.total() != 1 || got.resources()[0].id() != id {
			t.Errorf("%s: %s", f, got.body)
		}
	}
	again := w.scim("idm", "POST", "/Users", newcomer("camille"))
	if again.status != 409 || again.kind() != "uniqueness" {
		t.Errorf("the same again: %d %s", again.status, again.body)
	}
	w.scim("idm", "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"active","value":true}`)) // waits already
	if open, err := w.approvals.Proposals(t.Context(), ""); err != nil || len(open) != 1 {
		t.Errorf("%d proposals, %v", len(open), err)
	}

	granted := w.approve(id)
	if got := w.want(w.scim("idm", "GET", "/Users/"+id, ""), 200); got.active() || got.state() != "pending" {
		t.Errorf("once approved: %s", got.body)
	}
	if _, err := w.approvals.Enrol(t.Context(), granted.Code.Reveal(), directory.Binding{IdP: "idp", Sub: "camille"}, 1); err != nil {
		t.Fatal(err)
	}
	w.keep("camille")
	if got := w.want(w.scim("idm", "GET", "/Users/"+id, ""), 200); !got.active() || got.state() != "active" || got.id() != id {
		t.Errorf("once enrolled: %s", got.body)
	}
	if got := w.scim("idm", "GET", "/Users/"+w.who["camille"].ID.String(), ""); got.status != 404 {
		t.Errorf("one person has two ids: %s", got.body)
	}
	if a := w.read("camille"); a.Lineage != w.who["idm"].ID || a.CreatedBy != w.who["idm"].ID {
		t.Errorf("the newcomer's lineage: %+v", a)
	}

	gone := w.want(w.scim("idm", "PATCH", "/Users/"+id, patch(`{"op":"Replace","path":"active","value":"False"}`)), 200)
	if a := w.read("camille"); gone.active() || a.State != directory.Suspended || a.SuspendedBy != w.who["idm"].ID || a.Reason != "source" {
		t.Errorf("deactivated: %s, %+v", gone.body, a.State)
	}
	for range 2 { // the second proposes nothing more
		back := w.want(w.scim("idm", "PATCH", "/Users/"+id, patch(`{"op":"replace","value":{"active":true}}`)), 200)
		if back.active() || back.state() != "suspended" || !strings.Contains(back.approval("message"), "waits") {
			t.Errorf("asked to come back: %s", back.body)
		}
	}
	open, err := w.approvals.Proposals(t.Context(), "")
	if err != nil || len(open) != 1 || open[0].Kind != approval.Reinstate {
		t.Fatalf("%+v, %v", open, err)
	}
	w.approve(open[0].ID.String())
	if got := w.want(w.scim("idm", "GET", "/Users/"+id, ""), 200); !got.active() {
		t.Errorf("reinstated: %s", got.body)
	}
}

// TestDeletedIsGone: DELETE stops the person, the id is not found any more, and whoever comes back waits for approval
// again.
func TestDeletedIsGone(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	ann := w.who["ann"].ID.String()
	w.want(w.scim("idm", "DELETE", "/Users/"+ann, ""), 204)
	if a := w.read("ann"); a.State == directory.Active {
		t.Errorf("a leaver is %s", a.State)
	}
	for _, method := range []string{"GET", "DELETE", "PATCH", "PUT"} {
		body := map[string]string{"PATCH": patch(`{"op":"replace","path":"active","value":true}`), "PUT": newcomer("ann")}[method]
		if got := w.scim("idm", method, "/Users/"+ann, body); got.status != 404 {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
	if got := w.scim("idm", "GET", filter(`userName eq "ann@ml.example"`), ""); got.total() != 0 {
		t.Errorf("listed: %s", got.body)
	}
	back := w.want(w.scim("idm", "POST", "/Users", newcomer("ann")), 201)
	if back.id() == ann || back.active() || w.read("ann").State == directory.Active {
		t.Errorf("back without approval: %s", back.body)
	}
	made := w.want(w.scim("idm", "POST", "/Users", newcomer("dora")), 201)
	w.want(w.scim("idm", "DELETE", "/Users/"+made.id(), ""), 204)
	open, err := w.approvals.Proposals(t.Context(), "ML1")
	if err != nil || len(open) != 1 {
		t.Errorf("a deleted proposal still waits: %+v, %v", open, err)
	}
}

// TestWhoSeesWhom is the table of clients and persons: not found is all that a client learns of others.
func TestWhoSeesWhom(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	mine := w.want(w.scim("idm", "POST", "/Users", newcomer("camille")), 201).id()
	for _, c := range []struct {
		client string
		sees   []string
		not    []string
	}{
		{"idm", []string{"ann", "bob", "manager", mine}, []string{"director", "stranger", "approver", "officer", "idm", "idm2", "lms"}},
		{"idm1b", []string{"ann"}, []string{mine, "stranger", "idm1b"}},
		{"idm2", []string{"stranger"}, []string{"ann", mine, "approver", "officer", "network"}},
		{"network", []string{"ann", "stranger"}, []string{mine, "officer", "approver", "director", "idm", "network"}},
	} {
		listed := map[string]bool{}
		for _, r := range w.want(w.scim(c.client, "GET", "/Users", ""), 200).resources() {
			listed[r.id()] = true
		}
		id := func(name string) string {
			if a, ok := w.who[name]; ok {
				return a.ID.String()
			}
			return name
		}
		for _, name := range c.sees {
			if got := w.scim(c.client, "GET", "/Users/"+id(name), ""); got.status != 200 || !listed[id(name)] {
				t.Errorf("%s does not see %s: %d", c.client, name, got.status)
			}
		}
		for _, name := range c.not {
			never := w.scim(c.client, "GET", "/Users/a0000000000001", "")
			for method, body := range map[string]string{"GET": "", "DELETE": "", "PUT": newcomer("x"),
				"PATCH": patch(`{"op":"replace","path":"active","value":false}`)} {
				if got := w.scim(c.client, method, "/Users/"+id(name), body); got.status != 404 || got.body != never.body {
					t.Errorf("%s %s %s: %d %s", c.client, method, name, got.status, got.body)
				}
			}
			if listed[id(name)] {
				t.Errorf("%s has %s in its list", c.client, name)
			}
		}
	}
	for name := range w.who {
		if w.read(name).State != directory.Active {
			t.Errorf("%s was stopped by somebody else's machine", name)
		}
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for name, c := range map[string]struct {
		header string
		path   string
		want   int
	}{
		"present":          {"Bearer " + token("idm", 0), "/scim/v2/Users", 200},
		"next":             {"Bearer " + token("idm", 1), "/scim/v2/Users", 200},
		"scheme in small":  {"bearer " + token("idm", 0), "/scim/v2/Users", 200},
		"absent":           {"", "/scim/v2/Users", 401},
		"empty":            {"Bearer ", "/scim/v2/Users", 401},
		"another":          {"Bearer " + token("idm", 2), "/scim/v2/Users", 401},
		"cut short":        {"Bearer " + token("idm", 0)[:34], "/scim/v2/Users", 401},
		"another kind's":   {"Bearer " + token("lms", 0), "/scim/v2/Users", 401},
		"basic, for SCIM":  {"Basic aWRtOmFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhaWRt", "/scim/v2/Users", 401},
		"SCIM's, for xAPI": {"Bearer " + token("idm", 0), "/xapi/statements", 401},
		"discovery too":    {"", "/scim/v2/ServiceProviderConfig", 401},
	} {
		got := w.send("GET", c.path, "", "Authorization", c.header)
		if got.status != c.want {
			t.Errorf("%s: %d, want %d", name, got.status, c.want)
		}
		if c.want == 401 && (got.header.Get("WWW-Authenticate") == "" || strings.Contains(got.body, "idm")) {
			t.Errorf("%s: %v %s", name, got.header, got.body)
		}
	}
}

// TestACutSourceIsStoppedAtOnce: the token is still good, the account is not.
func TestACutSourceIsStoppedAtOnce(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.want(w.scim("idm", "GET", "/Users", ""), 200)
	if err := w.d.Suspend(t.Context(), w.by("officer"), w.who["idm"].ID, "suspicion"); err != nil {
		t.Fatal(err)
	}
	for method, path := range map[string]string{"GET": "/Users", "POST": "/Users", "DELETE": "/Users/" + w.who["ann"].ID.String()} {
		if got := w.scim("idm", method, path, newcomer("x")); got.status != 403 {
			t.Errorf("%s: %d %s", method, got.status, got.body)
		}
	}
	if w.read("ann").State != directory.Active {
		t.Error("a cut source suspended somebody")
	}
	w.want(w.scim("idm1b", "GET", "/Users", ""), 200)
}

func TestSpeedLimits(t *testing.T) {
	w := newWorldOf(t, directory.Settings{}, approval.Settings{PerManager: 2})
	for _, name := range []string{"one", "two"} {
		w.want(w.scim("idm", "POST", "/Users", newcomer(name)), 201)
	}
	got := w.scim("idm", "POST", "/Users", newcomer("three"))
	if got.status != 429 || got.header.Get("Retry-After") == "" || got.json["schemas"].([]any)[0] != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	w.want(w.scim("idm", "DELETE", "/Users/"+w.who["ann"].ID.String(), ""), 204) // leaving has no limit
	w.pass(25 * time.Hour)
	w.want(w.scim("idm", "POST", "/Users", newcomer("three")), 201)
}

func TestTooManyRequests(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for range 1000 {
		if got := w.send("GET", "/scim/v2/Me", "", "Authorization", "Bearer "+token("idm", 0)); got.status == 429 {
			t.Fatal("too early")
		}
	}
	if got := w.scim("idm", "GET", "/Users", ""); got.status != 429 || got.header.Get("Retry-After") != "60" {
		t.Errorf("%d %v", got.status, got.header)
	}
	w.want(w.scim("idm2", "GET", "/Users", ""), 200)
	w.pass(time.Minute)
	w.want(w.scim("idm", "GET", "/Users", ""), 200)
}

func TestPages(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	seen := map[string]bool{}
	total := w.scim("idm", "GET", "/Users?count=0", "")
	if total.total() != 3 || len(total.resources()) != 0 {
		t.Fatalf("%s", total.body)
	}
	for _, start := range []string{"1", "2", "3"} {
		got := w.want(w.scim("idm", "GET", "/Users?count=1&startIndex="+start, ""), 200)
		if got.total() != 3 || len(got.resources()) != 1 {
			t.Fatalf("%s", got.body)
		}
		seen[got.resources()[0].id()] = true
	}
	if len(seen) != 3 {
		t.Errorf("pages overlap: %v", seen)
	}
	for _, q := range []string{"count=x", "filter=userName%20eq", "filter=" + strings.Repeat("(", 5000), "filter=nothing%20eq%20%22x%22",
		"filter=active%20gt%20true"} {
		if got := w.scim("idm", "GET", "/Users?"+q, ""); got.status != 400 {
			t.Errorf("%.40s: %d", q, got.status)
		}
	}
	if got := w.scim("idm", "GET", "/Users?startIndex=-5&count=1000000", ""); got.status != 200 || got.total() != 3 {
		t.Errorf("%s", got.body)
	}
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/urn:ietf:params:scim:schemas:extension:cloison:2.0:Approval"} {
		got := w.want(w.scim("idm", "GET", path, ""), 200)
		if !strings.Contains(got.header.Get("Content-Type"), "scim+json") || got.header.Get("Etag") != "" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	for _, path := range []string{"/Groups", "/Bulk", "/", "/Users/../Groups"} {
		if got := w.scim("idm", "GET", path, ""); got.status < 400 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}
