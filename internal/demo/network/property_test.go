package network_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"cloison/internal/demo/network"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func small(t testing.TB, seed uint64) *network.Network {
	t.Helper()
	n, err := network.New(network.Options{Seed: seed, Persons: 4000, Structures: 4, Agents: 60})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func large(t testing.TB) *network.Network {
	t.Helper()
	n, err := network.New(network.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryNumberHasItsOwnNames(t *testing.T) {
	n := small(t, 3)
	ids, nirs := make(map[string]bool), make(map[string]bool)
	for i := range n.Persons() {
		p := n.Person(i)
		ids[p.ID], nirs[p.NIR] = true, true
	}
	if len(ids) != n.Persons() || len(nirs) != n.Persons() {
		t.Errorf("%d ids and %d NIRs for %d persons", len(ids), len(nirs), n.Persons())
	}
}

func TestIdentifiersInvert(t *testing.T) {
	n := large(t)
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, n.Persons()-1).Draw(t, "person")
		p := n.Person(i)
		if got, ok := n.ByID(p.ID); !ok || got != i {
			t.Errorf("ByID of person %d: %d, %v", i, got, ok)
		}
		if got, ok := n.ByNIR(p.NIR); !ok || got != i {
			t.Errorf("ByNIR of person %d: %d, %v", i, got, ok)
		}
		if id := n.Identity(i); id.ID != p.ID || id.Surname != p.Surname || id.Given != p.Given || id.Birth != p.Birth || id.City != p.City {
			t.Errorf("Identity of person %d differs from Person", i)
		}
		body, _ := strconv.Atoi(p.NIR[:13])
		key, _ := strconv.Atoi(p.NIR[13:])
		if len(p.NIR) != 15 || key != 97-body%97 {
			t.Errorf("NIR of person %d has a wrong key", i)
		}
		if p.NIR[5:7] != "00" {
			t.Errorf("NIR of person %d is of department %s: a real one could be", i, p.NIR[5:7])
		}
		if p.NIR[1:5] != p.Birth.Format("0601") || (p.NIR[0] == '2') != (p.Sex == "F") {
			t.Errorf("NIR of person %d does not match sex and birth", i)
		}
		if !strings.HasSuffix(p.Email, ".example") || !strings.HasPrefix(p.Phones[0], "06 39 98 ") {
			t.Errorf("person %d could be reached: %s %s", i, p.Email, p.Phones[0])
		}
		if _, ok := n.ByNIR(p.NIR[:14] + string('0'+(p.NIR[14]-'0'+1)%10)); ok {
			t.Errorf("person %d is found by a NIR of wrong key", i)
		}
	})
}

func TestANumericWalkMisses(t *testing.T) {
	n := large(t)
	id, _ := strconv.Atoi(n.ID(12345))
	hits := 0
	for k := 1; k <= 100_000; k++ {
		if _, ok := n.ByID(strconv.Itoa(id + k)); ok {
			hits++
		}
	}
	if hits > 10 { // 1.8 expected
		t.Errorf("%d hits in a walk of 100 000 numbers", hits)
	}
}

func TestSameOptionsSameNetwork(t *testing.T) {
	a, b, other := small(t, 5), small(t, 5), small(t, 6)
	dump := func(n *network.Network) string {
		var out bytes.Buffer
		f, err := n.Feed(network.JSONLines)
		if err != nil {
			t.Fatal(err)
		}
		for _, write := range []func() error{
			func() error { return f.WriteStructures(&out) },
			func() error { return f.WriteAccounts(&out) },
			func() error { return f.WriteCaseload(&out) },
		} {
			if err := write(); err != nil {
				t.Fatal(err)
			}
		}
		return out.String()
	}
	if d := cmp.Diff(dump(a), dump(b)); d != "" {
		t.Errorf("two networks of one seed differ: %s", d)
	}
	if dump(a) == dump(other) {
		t.Error("two seeds give one network")
	}
	if a.Person(17).NIR != b.Person(17).NIR {
		t.Error("a person differs between two networks of one seed")
	}
}

func TestCaseloadsAreTheLinks(t *testing.T) {
	n := small(t, 9)
	type key struct{ agent, person int }
	byPerson, byAgent := make(map[key]network.Link), make(map[key]network.Link)
	for i := range n.Persons() {
		for _, l := range n.Links(i) {
			byPerson[key{l.Agent, l.Person}] = l
		}
	}
	for a := range n.Agents() {
		for _, l := range n.Caseload(a) {
			byAgent[key{l.Agent, l.Person}] = l
		}
	}
	if len(byPerson) == 0 || !cmp.Equal(byPerson, byAgent) {
		t.Errorf("%d links by person, %d by agent: %s", len(byPerson), len(byAgent), cmp.Diff(byPerson, byAgent))
	}
}

func TestFindIsAFilter(t *testing.T) {
	n := small(t, 11)
	rapid.Check(t, func(t *rapid.T) {
		p := n.Person(rapid.IntRange(0, n.Persons()-1).Draw(t, "person"))
		nom, commune := "", ""
		if rapid.Bool().Draw(t, "by name") {
			nom = p.Surname[:rapid.IntRange(1, len(p.Surname)).Draw(t, "prefix")]
			nom = strings.ToValidUTF8(nom, "")
		}
		if nom == p.Surname && rapid.Bool().Draw(t, "by given name") {
			nom += " " + p.Given
		}
		if rapid.Bool().Draw(t, "by commune") {
			commune = rapid.SampledFrom([]string{p.City, p.Commune, p.Postcode}).Draw(t, "commune")
		}
		offset, limit := rapid.IntRange(0, 30).Draw(t, "offset"), 20
		all, total := n.Find(nom, commune, 0, n.Persons())
		if len(all) != total {
			t.Fatalf("%d rows, total %d", len(all), total)
		}
		found := false
		for _, i := range all {
			found = found || i == p.Number
		}
		if !found {
			t.Fatalf("Find(%q, %q) misses the person it was made from", nom, commune)
		}
		page, _ := n.Find(nom, commune, offset, limit)
		want := all[min(offset, total):min(offset+limit, total)]
		if len(page) != len(want) || len(page) > 0 && !cmp.Equal(page, want) {
			t.Fatalf("page at %d: %v, want %v", offset, page, want)
		}
	})
}
