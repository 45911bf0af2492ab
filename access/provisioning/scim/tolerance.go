package scim

import (
	"strings"

	"github.com/elimity-com/scim/schema"
)

// tolerant mends an active that is the text "True" or "False", as Microsoft Entra ID sends it.
func tolerant(document any) any {
	top, ok := document.(map[string]any)
	if !ok {
		return document
	}
	mendActive(top)
	for name, v := range top {
		list, ok := v.([]any)
		if !ok || !strings.EqualFold(name, "Operations") {
			continue
		}
		for _, o := range list {
			if op, ok := o.(map[string]any); ok {
				mendOperation(op)
			}
		}
	}
	return top
}

func mendOperation(op map[string]any) {
	var path string
	for name, v := range op {
		if strings.EqualFold(name, "path") {
			path, _ = v.(string)
		}
	}
	for name, v := range op {
		if !strings.EqualFold(name, "value") {
			continue
		}
		if members, ok := v.(map[string]any); ok {
			mendActive(members)
		} else if isActive(path) {
			op[name] = boolean(v)
		}
	}
}

func mendActive(members map[string]any) {
	for name, v := range members {
		if isActive(name) {
			members[name] = boolean(v)
		}
	}
}

func isActive(path string) bool {
	return strings.EqualFold(path, "active") || strings.EqualFold(path, schema.UserSchema+":active")
}

func boolean(v any) any {
	if s, ok := v.(string); ok {
		switch {
		case strings.EqualFold(s, "true"):
			return true
		case strings.EqualFold(s, "false"):
			return false
		}
	}
	return v
}
