package provisioning_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
)

// held lists the accounts of which the journal says that their departure waits for somebody's decision.
func (w *world) held() (ids []cloison.AccountID) {
	w.Helper()
	events, err := w.db.EventsWhere(w.Context(), directory.EventSearch{Code: "leaver.held", Limit: 1000})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range events {
		ids = append(ids, e.Account)
	}
	return ids
}

// suspended counts the accounts of a structure that are.
func (w *world) suspended(structure cloison.StructureID) (n int) {
	w.Helper()
	all, err := w.db.Accounts(w.Context(), structure, 0, 1000)
	if err != nil {
		w.Fatal(err)
	}
	for _, a := range all {
		if a.State == directory.Suspended {
			n++
		}
	}
	return n
}

// TestAHijackedIdentitySystem says of everybody that they left, by several tokens at once and by every message there
// is. The first are stopped, as leavers are; the rest stays, is told of once each, and is for people to decide. The
// next day goes on.
func TestAHijackedIdentitySystem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{LeaversPerStructure: 3})
	const agents = 12
	for i := range agents {
		w.account("ML1", fmt.Sprint("agent", i), "adviser")
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for i := range agents {
		wg.Go(func() {
			client, id := []string{"idm", "idm1b", "network"}[i%3], "/Users/"+w.who[fmt.Sprint("agent", i)].ID.String()
			var got reply
			switch i % 2 {
			case 0:
				got = w.scim(client, "DELETE", id, "")
			default:
				got = w.scim(client, "PATCH", id, patch(`{"op":"replace","path":"active","value":false}`))
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[got.status]++
			if got.status == 429 && (got.header.Get("Retry-After") == "" || strings.Contains(got.body, "agent")) {
				t.Errorf("held with %v %s", got.header, got.body)
			}
		})
	}
	wg.Wait()
	if n := w.suspended("ML1"); n != 3 || statuses[429] != agents-3 || statuses[200]+statuses[204] != 3 {
		t.Errorf("%d are suspended, answered %v", n, statuses)
	}
	held := w.held()
	if slices.Sort(held); len(held) != agents-3 || len(slices.Compact(held)) != agents-3 {
		t.Errorf("%d departures wait", len(held))
	}
	one := "/Users/" + held[0].String()
	w.want(w.scim("network", "DELETE", one, ""), 429) // it is told of once
	if again := w.held(); len(again) != agents-3 {
		t.Errorf("told again: %d", len(again))
	}
	w.want(w.scim("network", "GET", one, ""), 200) // what was refused is not forgotten either
	w.want(w.scim("idm2", "DELETE", "/Users/"+w.who["stranger"].ID.String(), ""), 204)
	if err := w.d.Suspend(t.Context(), w.by("manager"), held[0], "left"); err != nil {
		t.Errorf("a manager may stop one all the same: %v", err)
	}
	w.pass(25 * time.Hour)
	w.want(w.scim("idm", "DELETE", "/Users/"+held[1].String(), ""), 204)
}

// TestOneMachineForManyStructures is bounded over all of them.
func TestOneMachineForManyStructures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{LeaversPerSource: 2})
	for i := range 4 {
		w.account([]string{"ML1", "ML2"}[i%2], fmt.Sprint("agent", i), "adviser")
	}
	for i := range 4 {
		got := w.scim("network", "DELETE", "/Users/"+w.who[fmt.Sprint("agent", i)].ID.String(), "")
		want := 204
		if i >= 2 {
			want = 429
		}
		w.want(got, want)
	}
	w.want(w.scim("idm", "DELETE", "/Users/"+w.who["agent2"].ID.String(), ""), 204) // the structure's own goes on
}

// TestAnAddressIsTakenOver: a hijacked identity system moves somebody's letters to its own mailbox, in two steps so
// that the first address is two addresses back. The account's former addresses are kept for the letter that says so.
func TestAnAddressIsTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{})
	ann := w.who["ann"].ID
	for _, to := range []string{"step@voleur.example", "mine@voleur.example"} {
		w.want(w.scim("idm", "PATCH", "/Users/"+ann.String(), patch(`{"op":"replace","path":"emails","value":[{"value":"`+to+`","type":"work"}]}`)), 200)
	}
	w.want(w.scim("idm", "PATCH", "/Users/"+ann.String(), patch(`{"op":"replace","path":"displayName","value":"Ann Autre"}`)), 200)
	former, err := w.db.FormerAddresses(t.Context(), ann)
	if err != nil || len(former) != 2 || former[0].Address != "ann@ml.example" || former[1].Address != "step@voleur.example" {
		t.Errorf("kept are %d, %v", len(former), err)
	}
}
