package drill

import (
	"encoding/json"
	"maps"
	"strings"
	"sync"

	"cloison"
)

// loot is what an attacker really received: person → categories with a readable value. Safe for concurrent use.
type loot struct {
	mu      sync.Mutex
	persons map[string]cloison.Fields
}

func newLoot() *loot { return &loot{persons: map[string]cloison.Fields{}} }

// keysOf names the tool's keys by category, as anybody who looks at an answer would.
func keysOf(key string) cloison.Fields {
	switch key {
	case "nom", "prenom":
		return cloison.Identity
	case "naissance":
		return cloison.Birth
	case "sexe":
		return cloison.Sex
	case "nir":
		return cloison.NIR
	case "identifiant":
		return cloison.CustomerID
	case "adresse", "commune", "code_postal":
		return cloison.Postal
	case "courriel":
		return cloison.Email
	case "telephones", "telephone":
		return cloison.Phone
	case "statut", "inscription", "conseiller", "structure":
		return cloison.Status
	case "notes":
		return cloison.Notes
	}
	return 0
}

// take keeps a person's file or row. A value of bullets is masked: it was not received.
func (l *loot) take(file map[string]json.RawMessage) {
	var id string
	if json.Unmarshal(file["id"], &id) != nil || id == "" {
		return
	}
	var got cloison.Fields
	for key, value := range file {
		if readable(value) {
			got |= keysOf(key)
		}
	}
	l.mu.Lock()
	l.persons[id] |= got
	l.mu.Unlock()
}

func readable(value json.RawMessage) bool {
	s := string(value)
	return s != "null" && s != `""` && s != "[]" && s != "{}" && !strings.Contains(s, "•")
}

// takeDocument keeps what an answer of the search, or of a file, holds; it returns how many persons it held.
func (l *loot) takeDocument(body []byte) int {
	var list struct {
		Rows []map[string]json.RawMessage `json:"resultats"`
	}
	if json.Unmarshal(body, &list) == nil && list.Rows != nil {
		for _, row := range list.Rows {
			l.take(row)
		}
		return len(list.Rows)
	}
	var file map[string]json.RawMessage
	if json.Unmarshal(body, &file) == nil && file["id"] != nil {
		l.take(file)
		return 1
	}
	return 0
}

func (l *loot) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.persons)
}

// some returns up to n persons' ids.
func (l *loot) some(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, 0, n)
	for id := range l.persons {
		if len(ids) == n {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

func (l *loot) fieldsOf(id string) cloison.Fields {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.persons[id]
}

// perField counts persons by category.
func (l *loot) perField() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int{}
	for _, fields := range l.persons {
		for _, name := range fields.Names() {
			counts[name]++
		}
	}
	return counts
}

// equals compares with a roll: the same persons, and for each the same categories.
func (l *loot) equals(roll map[string]cloison.Fields) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Equal(roll, l.persons)
}
