package drill

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"cloison"
)

// TestLootIsWhatWasReceived: a value of bullets, an empty one and an unknown key were not.
func TestLootIsWhatWasReceived(t *testing.T) {
	l := newLoot()
	for body, want := range map[string]int{
		`{"id":"1","nom":"N","nir":"•••","telephones":[],"courriel":"","adresse":null,"inconnu":"x"}`:               1,
		`{"resultats":[{"id":"1","nir":"101019935000172"},{"id":"2","sexe":"F","notes":"n","statut":"s"},{"x":1}]}`: 3,
		`{"resultats":[]}`: 0,
		`{"nom":"N"}`:      0,
		`[1]`:              0,
		`<html>`:           0,
		`{"id":7}`:         1,
	} {
		if n := l.takeDocument([]byte(body)); n != want {
			t.Errorf("%s: %d persons, want %d", body, n, want)
		}
	}
	want := map[string]cloison.Fields{"1": cloison.Identity | cloison.NIR, "2": cloison.Sex | cloison.Notes | cloison.Status}
	if !l.equals(want) || l.count() != 2 {
		t.Errorf("the loot is %v", l.persons)
	}
	if got := l.perField(); !maps.Equal(got, map[string]int{"identity": 1, "nir": 1, "sex": 1, "notes": 1, "status": 1}) {
		t.Errorf("by field: %v", got)
	}
	if l.fieldsOf("2") != want["2"] || l.fieldsOf("3") != 0 {
		t.Error("another's fields")
	}
	if got := l.some(5); len(got) != 2 || len(l.some(1)) != 1 || !slices.Contains(got, "1") {
		t.Errorf("some: %v", got)
	}
}

// TestEveryDifferenceFromTheRollIsSeen: a person more or less, a field more or less.
func TestEveryDifferenceFromTheRollIsSeen(t *testing.T) {
	l := newLoot()
	l.takeDocument([]byte(`{"resultats":[{"id":"1","nom":"N"},{"id":"2","nom":"N","nir":"1"}]}`))
	roll := func() map[string]cloison.Fields {
		return map[string]cloison.Fields{"1": cloison.Identity, "2": cloison.Identity | cloison.NIR}
	}
	if !l.equals(roll()) {
		t.Fatal("the roll is what was received, and is said not to be")
	}
	for name, change := range map[string]func(map[string]cloison.Fields){
		"one more":     func(r map[string]cloison.Fields) { r["3"] = cloison.Identity },
		"one less":     func(r map[string]cloison.Fields) { delete(r, "1") },
		"another":      func(r map[string]cloison.Fields) { delete(r, "1"); r["3"] = cloison.Identity },
		"a field more": func(r map[string]cloison.Fields) { r["1"] |= cloison.Email },
		"a field less": func(r map[string]cloison.Fields) { r["2"] = cloison.Identity },
	} {
		r := roll()
		change(r)
		if l.equals(r) {
			t.Errorf("%s: not seen", name)
		}
	}
}

func TestLootIsSafeForManyReaders(t *testing.T) {
	l := newLoot()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 100 {
				l.takeDocument(fmt.Appendf(nil, `{"id":"%d","nom":"N"}`, i*50+j))
				l.count()
				l.some(3)
			}
		})
	}
	group.Wait()
	if l.count() != 450 {
		t.Errorf("%d persons, want 450", l.count())
	}
}
