package provisioning

import (
	"slices"
	"strings"

	"github.com/elimity-com/scim"
	libfilter "github.com/elimity-com/scim/filter"
	"github.com/elimity-com/scim/schema"
	"github.com/scim2/filter-parser/v2"

	"cloison"
	"cloison/access/directory"
)

// wish is a person as a client wants it to be: the attributes that mean something here. All others are taken and not
// kept.
type wish struct {
	userName, externalID, display, formatted, given, family, organization string
	emails                                                                []any // objects, as SCIM has them
	roles                                                                 []string
	active                                                                *bool // nil: not said
}

// wishOf is the person as it is.
func wishOf(p person) wish {
	active := p.active()
	return wish{userName: p.userName().Reveal(), externalID: p.said.ExternalID, display: p.name().Reveal(), formatted: p.name().Reveal(),
		given: p.said.Given.Reveal(), family: p.said.Family.Reveal(), organization: string(p.structure()), active: &active,
		roles:  p.roles().Names(),
		emails: []any{map[string]any{"value": p.email().Reveal(), "type": "work", "primary": true}}}
}

// name is the one name that the wish gives, if it is another than before.
func (w wish) name(before wish) cloison.Personal {
	joined := strings.TrimSpace(w.given + " " + w.family)
	switch {
	case w.display != before.display && w.display != "":
		return cloison.Personal(w.display)
	case w.formatted != before.formatted && w.formatted != "":
		return cloison.Personal(w.formatted)
	case (w.given != before.given || w.family != before.family) && joined != "":
		return cloison.Personal(joined)
	}
	return ""
}

// email is the primary address, else the one at work, else the first; a user name that was the address moves it.
func (w wish) email(before wish) cloison.Personal {
	now, was := mainAddress(w.emails), mainAddress(before.emails)
	if now != "" && !strings.EqualFold(now, was) {
		return cloison.Personal(now)
	}
	if !strings.EqualFold(w.userName, before.userName) && strings.Contains(w.userName, "@") &&
		(strings.EqualFold(before.userName, was) || now == "") {
		return cloison.Personal(w.userName)
	}
	return cloison.Personal(now)
}

func mainAddress(emails []any) (best string) {
	rank := 0
	for _, e := range emails {
		m, _ := e.(map[string]any)
		value, _ := m["value"].(string)
		primary, _ := m["primary"].(bool)
		kind, _ := m["type"].(string)
		r := 1
		switch {
		case primary:
			r = 3
		case strings.EqualFold(kind, "work"):
			r = 2
		}
		if value != "" && r > rank {
			best, rank = value, r
		}
	}
	return best
}

// role reads roles by their names here; those who may not be given are the directory's to refuse.
func (w wish) role() (directory.Role, error) {
	r, err := directory.ParseRoles(strings.Join(w.roles, ","))
	if err != nil {
		return 0, refuse(400, "invalidValue", "roles: want some of "+strings.Join(directory.RoleNames(), ", "))
	}
	return r, nil
}

// fill takes a whole resource, as POST and PUT send it. What is not in it stays as it is.
func (w *wish) fill(attributes map[string]any) error {
	return w.members(attributes, false)
}

// members sets the attributes of an object one by one, in the order of their names.
func (w *wish) members(attributes map[string]any, add bool) error {
	var names []string
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v := attributes[name]
		if v == nil {
			continue
		}
		if strings.EqualFold(name, enterprise) || strings.EqualFold(name, Approval) {
			m, _ := v.(map[string]any)
			if org, ok := m["organization"].(string); ok && strings.EqualFold(name, enterprise) {
				w.organization = org
			}
			continue
		}
		path, err := filter.ParsePath([]byte(name))
		if err != nil {
			return refuse(400, "invalidPath", "a name is no attribute")
		}
		if err := w.set(path, v, add); err != nil {
			return err
		}
	}
	return nil
}

// patch applies the operations of a PATCH.
func (w *wish) patch(operations []scim.PatchOperation) (err error) {
	for _, o := range operations {
		add := o.Op == scim.PatchOperationAdd
		if o.Op == scim.PatchOperationRemove {
			o.Value = nil
		}
		if o.Path == nil {
			members, _ := o.Value.(map[string]any)
			err = w.members(members, add)
		} else {
			err = w.set(*o.Path, o.Value, add)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// set gives the attribute at the path a value; nil removes it.
func (w *wish) set(path filter.Path, v any, add bool) error {
	sub := path.AttributePath.SubAttributeName()
	if path.SubAttribute != nil {
		sub = *path.SubAttribute
	}
	if strings.EqualFold(path.AttributePath.URI(), enterprise) && strings.EqualFold(path.AttributePath.AttributeName, "organization") {
		w.organization, _ = v.(string)
		return nil
	}
	if uri := path.AttributePath.URI(); uri != "" && !strings.EqualFold(uri, schema.UserSchema) {
		return nil
	}
	text, isText := v.(string)
	switch strings.ToLower(path.AttributePath.AttributeName) {
	case "username":
		if !isText || strings.TrimSpace(text) == "" {
			return refuse(400, "invalidValue", "userName is never without a value")
		}
		w.userName = text
	case "externalid":
		w.externalID = text
	case "active":
		on, ok := v.(bool)
		if !ok {
			return refuse(400, "invalidValue", "active is never without a value: say true or false")
		}
		w.active = &on
	case "displayname":
		w.display = text
	case "name":
		return w.setName(sub, v)
	case "emails":
		return w.setEmails(path.ValueExpression, sub, v, add)
	case "roles":
		return w.setRoles(v, path.ValueExpression != nil || sub != "", add)
	}
	return nil
}

func (w *wish) setName(sub string, v any) error {
	parts := map[string]*string{"formatted": &w.formatted, "givenname": &w.given, "familyname": &w.family}
	if sub != "" {
		if part := parts[strings.ToLower(sub)]; part != nil {
			*part, _ = v.(string)
		}
		return nil
	}
	if v == nil {
		w.formatted, w.given, w.family = "", "", ""
		return nil
	}
	members, ok := v.(map[string]any)
	if !ok {
		return refuse(400, "invalidValue", "name has givenName and familyName, or formatted")
	}
	for name, value := range members {
		if part := parts[strings.ToLower(name)]; part != nil {
			*part, _ = value.(string)
		}
	}
	return nil
}

// setEmails follows RFC 7644 sections 3.5.2.1 to 3.5.2.3; adding at a filter that nothing passes adds an address, as
// Entra ID expects.
func (w *wish) setEmails(which filter.Expression, sub string, v any, add bool) error {
	if which == nil && sub == "" {
		var list []any
		switch v := v.(type) {
		case []any:
			list = v
		case map[string]any:
			list = []any{v}
		}
		if add {
			list = append(slices.Clone(w.emails), list...)
		}
		w.emails = list
		return nil
	}
	emails, _ := schema.CoreUserSchema().Attributes.ContainsAttribute("emails")
	passes := func(e any) bool {
		m, ok := e.(map[string]any)
		return ok && (which == nil || libfilter.NewFilterValidator(which,
			schema.Schema{Attributes: emails.SubAttributes()}).PassesFilter(m) == nil)
	}
	var list []any
	hit := false
	for _, e := range w.emails {
		if !passes(e) {
			list = append(list, e)
			continue
		}
		hit = true
		if e = withMember(e, sub, v); e != nil {
			list = append(list, e)
		}
	}
	if !hit && v != nil {
		if !add {
			return refuse(400, "noTarget", "no address passes that filter")
		}
		list = append(list, withMember(map[string]any{"type": "work"}, sub, v))
	}
	w.emails = list
	return nil
}

// withMember is the element with another value of that member, or of all that are given; nil when it is removed.
func withMember(e any, sub string, v any) any {
	m := map[string]any{}
	for name, old := range e.(map[string]any) {
		m[name] = old
	}
	switch given := v.(type) {
	case nil:
		if sub == "" {
			return nil
		}
		delete(m, strings.ToLower(sub))
	case map[string]any:
		for name, value := range given {
			m[name] = value
		}
	default:
		if sub == "" {
			sub = "value"
		}
		m[strings.ToLower(sub)] = v
	}
	return m
}

// setRoles takes names, or objects with one in value. Within a list they cannot be changed: whoever changes roles says
// all.
func (w *wish) setRoles(v any, within, add bool) error {
	if within {
		return refuse(400, "mutability", "roles change as a whole, and by a proposal in the console")
	}
	var names []string
	if add {
		names = slices.Clone(w.roles)
	}
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			e = m["value"]
		}
		name, ok := e.(string)
		if !ok {
			return refuse(400, "invalidValue", "roles: want names, or objects with a value")
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	w.roles = names
	return nil
}
