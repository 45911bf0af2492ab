package scim_test

import (
	"strings"
	"testing"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/machinekit"
	"cloison/internal/testkit/testworld"
)

// TestANewcomerIsAProposal walks a person through a client's life: proposed, approved, enrolled, left, back.
func TestANewcomerIsAProposal(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	made := w.Want(w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("camille")), 201)
	id := made.ID()
	if made.Active() || made.State() != "proposed" || made.Approval("proposal") != id || made.ExternalID() != "ext-camille" ||
		made.Header.Get("Location") != "https://intake.example/scim/v2/Users/"+id || made.UserName() != "camille@ml.example" {
		t.Errorf("what was made: %s", made.Body)
	}
	if found, err := w.DB.AccountsByEmail(t.Context(), "camille@ml.example"); err != nil || len(found) != 0 {
		t.Fatalf("a machine made an account: %v, %v", found, err)
	}
	for _, f := range []string{`userName eq "CAMILLE@ml.example"`, `externalId eq "ext-camille"`, `id eq "` + id + `"`,
		`active eq false and userName sw "cam"`, `emails[value eq "camille@ml.example"]`, `name.familyName eq "Exemple"`} {
		if got := w.Want(w.SCIM("idm", "GET", machinekit.Filter(f), ""), 200); got.Total() != 1 || got.Resources()[0].ID() != id {
			t.Errorf("%s: %s", f, got.Body)
		}
	}
	again := w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("camille"))
	if again.Status != 409 || again.Kind() != "uniqueness" {
		t.Errorf("the same again: %d %s", again.Status, again.Body)
	}
	w.SCIM("idm", "PATCH", "/Users/"+id, machinekit.Patch(`{"op":"replace","path":"active","value":true}`)) // waits already
	if open, err := w.Approvals.Proposals(t.Context(), ""); err != nil || len(open) != 1 {
		t.Errorf("%d proposals, %v", len(open), err)
	}

	granted := w.Approve(id)
	if got := w.Want(w.SCIM("idm", "GET", "/Users/"+id, ""), 200); got.Active() || got.State() != "pending" {
		t.Errorf("once approved: %s", got.Body)
	}
	if _, err := w.Approvals.Enrol(t.Context(), granted.Code.Reveal(), directory.Binding{IdP: "idp", Sub: "camille"}, 1); err != nil {
		t.Fatal(err)
	}
	w.Keep("camille")
	if got := w.Want(w.SCIM("idm", "GET", "/Users/"+id, ""), 200); !got.Active() || got.State() != "active" || got.ID() != id {
		t.Errorf("once enrolled: %s", got.Body)
	}
	if got := w.SCIM("idm", "GET", "/Users/"+w.Who["camille"].ID.String(), ""); got.Status != 404 {
		t.Errorf("one person has two ids: %s", got.Body)
	}
	if a := w.Read("camille"); a.Lineage != w.Who["idm"].ID || a.CreatedBy != w.Who["idm"].ID {
		t.Errorf("the newcomer's lineage: %+v", a)
	}

	gone := w.Want(w.SCIM("idm", "PATCH", "/Users/"+id, machinekit.Patch(`{"op":"Replace","path":"active","value":"False"}`)), 200)
	if a := w.Read("camille"); gone.Active() || a.State != directory.Suspended || a.SuspendedBy != w.Who["idm"].ID || a.Reason != "source" {
		t.Errorf("deactivated: %s, %+v", gone.Body, a.State)
	}
	for range 2 { // the second proposes nothing more
		back := w.Want(w.SCIM("idm", "PATCH", "/Users/"+id, machinekit.Patch(`{"op":"replace","value":{"active":true}}`)), 200)
		if back.Active() || back.State() != "suspended" || !strings.Contains(back.Approval("message"), "waits") {
			t.Errorf("asked to come back: %s", back.Body)
		}
	}
	open, err := w.Approvals.Proposals(t.Context(), "")
	if err != nil || len(open) != 1 || open[0].Kind != approval.Reinstate {
		t.Fatalf("%+v, %v", open, err)
	}
	w.Approve(open[0].ID.String())
	if got := w.Want(w.SCIM("idm", "GET", "/Users/"+id, ""), 200); !got.Active() {
		t.Errorf("reinstated: %s", got.Body)
	}
}

// TestDeletedIsGone: DELETE stops the person, the id is not found any more, and a person who comes back waits for
// approval again.
func TestDeletedIsGone(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	ann := w.Who["ann"].ID.String()
	w.Want(w.SCIM("idm", "DELETE", "/Users/"+ann, ""), 204)
	if a := w.Read("ann"); a.State == directory.Active {
		t.Errorf("a leaver is %s", a.State)
	}
	for _, method := range []string{"GET", "DELETE", "PATCH", "PUT"} {
		body := map[string]string{"PATCH": machinekit.Patch(`{"op":"replace","path":"active","value":true}`), "PUT": machinekit.Newcomer("ann")}[method]
		if got := w.SCIM("idm", method, "/Users/"+ann, body); got.Status != 404 {
			t.Errorf("%s: %d %s", method, got.Status, got.Body)
		}
	}
	if got := w.SCIM("idm", "GET", machinekit.Filter(`userName eq "ann@ml.example"`), ""); got.Total() != 0 {
		t.Errorf("listed: %s", got.Body)
	}
	back := w.Want(w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("ann")), 201)
	if back.ID() == ann || back.Active() || w.Read("ann").State == directory.Active {
		t.Errorf("back without approval: %s", back.Body)
	}
	made := w.Want(w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("dora")), 201)
	w.Want(w.SCIM("idm", "DELETE", "/Users/"+made.ID(), ""), 204)
	open, err := w.Approvals.Proposals(t.Context(), "ML1")
	if err != nil || len(open) != 1 {
		t.Errorf("a deleted proposal still waits: %+v, %v", open, err)
	}
}

// TestWhoSeesWhom is the table of clients and persons: not found is all that a client learns of others.
func TestWhoSeesWhom(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	mine := w.Want(w.SCIM("idm", "POST", "/Users", machinekit.Newcomer("camille")), 201).ID()
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
		for _, r := range w.Want(w.SCIM(c.client, "GET", "/Users", ""), 200).Resources() {
			listed[r.ID()] = true
		}
		id := func(name string) string {
			if a, ok := w.Who[name]; ok {
				return a.ID.String()
			}
			return name
		}
		for _, name := range c.sees {
			if got := w.SCIM(c.client, "GET", "/Users/"+id(name), ""); got.Status != 200 || !listed[id(name)] {
				t.Errorf("%s does not see %s: %d", c.client, name, got.Status)
			}
		}
		for _, name := range c.not {
			never := w.SCIM(c.client, "GET", "/Users/a0000000000001", "")
			for method, body := range map[string]string{"GET": "", "DELETE": "", "PUT": machinekit.Newcomer("x"),
				"PATCH": machinekit.Patch(`{"op":"replace","path":"active","value":false}`)} {
				if got := w.SCIM(c.client, method, "/Users/"+id(name), body); got.Status != 404 || got.Body != never.Body {
					t.Errorf("%s %s %s: %d %s", c.client, method, name, got.Status, got.Body)
				}
			}
			if listed[id(name)] {
				t.Errorf("%s has %s in its list", c.client, name)
			}
		}
	}
	for name := range w.Who {
		if w.Read(name).State != directory.Active {
			t.Errorf("%s was stopped by somebody else's machine", name)
		}
	}
}

func TestPages(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	seen := map[string]bool{}
	total := w.SCIM("idm", "GET", "/Users?count=0", "")
	if total.Total() != 3 || len(total.Resources()) != 0 {
		t.Fatalf("%s", total.Body)
	}
	for _, start := range []string{"1", "2", "3"} {
		got := w.Want(w.SCIM("idm", "GET", "/Users?count=1&startIndex="+start, ""), 200)
		if got.Total() != 3 || len(got.Resources()) != 1 {
			t.Fatalf("%s", got.Body)
		}
		seen[got.Resources()[0].ID()] = true
	}
	if len(seen) != 3 {
		t.Errorf("pages overlap: %v", seen)
	}
	for _, q := range []string{"count=x", "filter=userName%20eq", "filter=" + strings.Repeat("(", 5000), "filter=nothing%20eq%20%22x%22",
		"filter=active%20gt%20true"} {
		if got := w.SCIM("idm", "GET", "/Users?"+q, ""); got.Status != 400 {
			t.Errorf("%.40s: %d", q, got.Status)
		}
	}
	if got := w.SCIM("idm", "GET", "/Users?startIndex=-5&count=1000000", ""); got.Status != 200 || got.Total() != 3 {
		t.Errorf("%s", got.Body)
	}
}

func TestDiscovery(t *testing.T) {
	w := machinekit.New(t, testworld.Options{})
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/urn:ietf:params:scim:schemas:extension:cloison:2.0:Approval"} {
		got := w.Want(w.SCIM("idm", "GET", path, ""), 200)
		if !strings.Contains(got.Header.Get("Content-Type"), "scim+json") || got.Header.Get("Etag") != "" {
			t.Errorf("%s: %v", path, got.Header)
		}
	}
	for _, path := range []string{"/Groups", "/Bulk", "/", "/Users/../Groups"} {
		if got := w.SCIM("idm", "GET", path, ""); got.Status < 400 {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
}
