package scim_test

import (
	"cloison"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison/access/directory"
	"cloison/internal/testkit/machinekit"
	"cloison/internal/testkit/testworld"
)

// TestAHijackedIdentitySystem says of everybody that they left, by several tokens at once and by every message there
// is. The first are stopped, as leavers are; the rest stays, makes one letter each, and is for people to decide. The
// next day goes on.
func TestAHijackedIdentitySystem(t *testing.T) {
	t.Parallel()
	w := machinekit.New(t, testworld.Options{Directory: directory.Settings{LeaversPerStructure: 3}})
	const agents = 12
	for i := range agents {
		w.Person("ML1", fmt.Sprint("agent", i), directory.Adviser)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for i := range agents {
		wg.Go(func() {
			client, id := []string{"idm", "idm1b", "network"}[i%3], "/Users/"+w.Who[fmt.Sprint("agent", i)].ID.String()
			var got machinekit.Reply
			switch i % 2 {
			case 0:
				got = w.SCIM(client, "DELETE", id, "")
			default:
				got = w.SCIM(client, "PATCH", id, machinekit.Patch(`{"op":"replace","path":"active","value":false}`))
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[got.Status]++
			if got.Status == 429 && (got.Header.Get("Retry-After") == "" || strings.Contains(got.Body, "agent")) {
				t.Errorf("held with %v %s", got.Header, got.Body)
			}
		})
	}
	wg.Wait()
	if n := w.Suspended("ML1"); n != 3 || statuses[429] != agents-3 || statuses[200]+statuses[204] != 3 {
		t.Errorf("%d are suspended, answered %v", n, statuses)
	}
	held := w.Held()
	if slices.Sort(held); len(held) != agents-3 || len(slices.Compact(held)) != agents-3 {
		t.Errorf("%d departures wait", len(held))
	}
	one := "/Users/" + held[0].String()
	w.Want(w.SCIM("network", "DELETE", one, ""), 429) // one letter
	if again := w.Held(); len(again) != agents-3 {
		t.Errorf("told again: %d", len(again))
	}
	w.Want(w.SCIM("network", "GET", one, ""), 200) // what was refused is not forgotten either
	w.Want(w.SCIM("idm2", "DELETE", "/Users/"+w.Who["stranger"].ID.String(), ""), 204)
	if err := w.Directory.Suspend(t.Context(), w.By("manager"), held[0], "left"); err != nil {
		t.Errorf("a manager may stop one all the same: %v", err)
	}
	w.Clock.Add(25 * time.Hour)
	w.Want(w.SCIM("idm", "DELETE", "/Users/"+held[1].String(), ""), 204)
}

// TestOneMachineForManyStructures is bounded over all of them.
func TestOneMachineForManyStructures(t *testing.T) {
	t.Parallel()
	w := machinekit.New(t, testworld.Options{Directory: directory.Settings{LeaversPerSource: 2}})
	for i := range 4 {
		w.Person([]cloison.StructureID{"ML1", "ML2"}[i%2], fmt.Sprint("agent", i), directory.Adviser)
	}
	for i := range 4 {
		got := w.SCIM("network", "DELETE", "/Users/"+w.Who[fmt.Sprint("agent", i)].ID.String(), "")
		want := 204
		if i >= 2 {
			want = 429
		}
		w.Want(got, want)
	}
	w.Want(w.SCIM("idm", "DELETE", "/Users/"+w.Who["agent2"].ID.String(), ""), 204) // the structure's own goes on
}

// TestAnAddressIsTakenOver: a hijacked identity system moves somebody's letters to its own mailbox, in two steps so
// that the first address is two addresses back. The account's former addresses are kept for the letter that says so.
func TestAnAddressIsTakenOver(t *testing.T) {
	t.Parallel()
	w := machinekit.New(t, testworld.Options{})
	ann := w.Who["ann"].ID
	for _, to := range []string{"step@voleur.example", "mine@voleur.example"} {
		w.Want(w.SCIM("idm", "PATCH", "/Users/"+ann.String(), machinekit.Patch(`{"op":"replace","path":"emails","value":[{"value":"`+to+`","type":"work"}]}`)), 200)
	}
	w.Want(w.SCIM("idm", "PATCH", "/Users/"+ann.String(), machinekit.Patch(`{"op":"replace","path":"displayName","value":"Ann Autre"}`)), 200)
	former, err := w.DB.FormerAddresses(t.Context(), ann)
	if err != nil || len(former) != 2 || former[0].Address != "ann@ml.example" || former[1].Address != "step@voleur.example" {
		t.Errorf("kept are %d, %v", len(former), err)
	}
}
