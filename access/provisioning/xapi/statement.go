package xapi

import (
	"net/http"
	"strings"
	"time"

	"cloison"
	"cloison/access/provisioning"
)

// statement is the part of an xAPI statement (part two, section 2) that means something here.
type statement struct {
	id     string // in small letters; "" when the platform gave none
	actor  actor
	verb   string
	object string // of an activity; "" for other objects
	failed bool   // the result says that the attempt was not a success, or not complete
	at     time.Time
	digest [32]byte
}

// actor is one agent, by its one identifier (part two, section 2.4.2.3). Both empty: an identifier that we do not read.
type actor struct {
	homePage, name string
	mbox           cloison.Personal
}

func isProperty(name string) bool {
	switch name {
	case "id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version", "attachments":
		return true
	}
	return false
}

func invalid(why string) error {
	return provisioning.Refuse(http.StatusBadRequest, "", "a statement is refused: "+why)
}

func readStatement(v any) (s statement, err error) {
	members, ok := v.(map[string]any)
	if !ok {
		return s, invalid("it is not an object")
	}
	for name, v := range members {
		if !isProperty(name) {
			return s, invalid("it has a property that is not in the specification")
		}
		if v == nil {
			return s, invalid("a value is null")
		}
	}
	if id, given := members["id"]; given {
		text, _ := id.(string)
		if !uuidLike(text) {
			return s, invalid("its id is not a UUID")
		}
		s.id = strings.ToLower(text)
	}
	if v, given := members["version"]; given {
		if text, _ := v.(string); !strings.HasPrefix(text, "1.0.") {
			return s, invalid("its version is not 1.0")
		}
	}
	verb, _ := members["verb"].(map[string]any)
	object, _ := members["object"].(map[string]any)
	s.verb, _ = verb["id"].(string)
	if s.verb == "" || object == nil {
		return s, invalid("it needs an actor, a verb with an id, and an object")
	}
	if kind, given := object["objectType"]; !given || kind == "Activity" {
		if s.object, _ = object["id"].(string); s.object == "" {
			return s, invalid("its object needs an id")
		}
	}
	if s.actor, err = readActor(members["actor"]); err != nil {
		return s, err
	}
	if at, given := members["timestamp"]; given {
		text, _ := at.(string)
		if s.at, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return s, invalid("its timestamp: want a form as 2026-01-31T09:30:00Z")
		}
	}
	if s.failed, err = failed(members["result"]); err != nil {
		return s, err
	}
	s.digest, err = digestOf(members)
	return s, err
}

// failed reads a result (part two, section 2.4.5): success and completion are booleans; one false is a failure.
func failed(v any) (bool, error) {
	if v == nil {
		return false, nil
	}
	result, ok := v.(map[string]any)
	if !ok {
		return false, invalid("its result is not an object")
	}
	no := false
	for _, name := range []string{"success", "completion"} {
		said, given := result[name]
		yes, isBool := said.(bool)
		if given && !isBool {
			return false, invalid("success and completion are true or false")
		}
		no = no || given && !yes
	}
	return no, nil
}

func readActor(v any) (actor, error) {
	members, ok := v.(map[string]any)
	if !ok {
		return actor{}, invalid("it needs an actor")
	}
	if kind, given := members["objectType"]; given && kind != "Agent" {
		if kind == "Group" {
			return actor{}, nil // a group is nobody here
		}
		return actor{}, invalid("its actor is neither an Agent nor a Group")
	}
	given := 0
	for _, name := range []string{"mbox", "mbox_sha1sum", "openid", "account"} {
		if _, ok := members[name]; ok {
			given++
		}
	}
	if given != 1 {
		return actor{}, invalid("its actor: want exactly one identifier")
	}
	var a actor
	if account, ok := members["account"].(map[string]any); ok {
		a.homePage, _ = account["homePage"].(string)
		a.name, _ = account["name"].(string)
		if a.homePage == "" || a.name == "" {
			return a, invalid("its actor's account needs a homePage and a name")
		}
	}
	if mbox, given := members["mbox"]; given {
		text, _ := mbox.(string)
		address, isMail := strings.CutPrefix(text, "mailto:")
		if !isMail || !strings.Contains(address, "@") {
			return a, invalid("its actor's mbox: want a form as mailto:name@body.example")
		}
		a.mbox = cloison.Personal(address)
	}
	return a, nil
}
