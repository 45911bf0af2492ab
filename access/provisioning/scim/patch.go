package scim

import (
	"net/http"
	"slices"
	"strings"

	protocol "github.com/elimity-com/scim"
	libfilter "github.com/elimity-com/scim/filter"
	"github.com/elimity-com/scim/schema"
	"github.com/scim2/filter-parser/v2"

	"cloison"
	"cloison/access/directory"
	"cloison/access/provisioning"
)

// profile is a person as a client wants it to be: the attributes that mean something here. All others are accepted and
// ignored.
type profile struct {
	userName, externalID, display, formatted, given, family, organization string
	emails                                                                []any // objects, as SCIM has them
	roles                                                                 []string
	active                                                                *bool // nil: the message does not say
}

// profileOf is the person as it is now.
func profileOf(p person) profile {
	active := p.active()
	return profile{userName: p.userName().Reveal(), externalID: p.said.ExternalID, display: p.shown().Name.Reveal(), formatted: p.shown().Name.Reveal(),
		given: p.said.Given.Reveal(), family: p.said.Family.Reveal(), organization: string(p.shown().Structure), active: &active,
		roles:  p.shown().Roles.Names(),
		emails: []any{map[string]any{"value": p.shown().Email.Reveal(), "type": "work", "primary": true}}}
}

// name is the one name of the profile; empty: the name stays.
func (pf profile) name(before profile) cloison.Personal {
	joined := strings.TrimSpace(pf.given + " " + pf.family)
	switch {
	case pf.display != before.display && pf.display != "":
		return cloison.Personal(pf.display)
	case pf.formatted != before.formatted && pf.formatted != "":
		return cloison.Personal(pf.formatted)
	case (pf.given != before.given || pf.family != before.family) && joined != "":
		return cloison.Personal(joined)
	}
	return ""
}

// email is the primary address, else the one at work, else the first. A user name that is the address moves the address
// with it.
func (pf profile) email(before profile) cloison.Personal {
	now, was := mainAddress(pf.emails), mainAddress(before.emails)
	if now != "" && !strings.EqualFold(now, was) {
		return cloison.Personal(now)
	}
	if !strings.EqualFold(pf.userName, before.userName) && strings.Contains(pf.userName, "@") &&
		(strings.EqualFold(before.userName, was) || now == "") {
		return cloison.Personal(pf.userName)
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

// role reads roles by their names here; the directory refuses those that a client may not give.
func (pf profile) role() (directory.Role, error) {
	r, err := directory.ParseRoles(strings.Join(pf.roles, ","))
	if err != nil {
		return 0, provisioning.Refuse(http.StatusBadRequest, "invalidValue", "roles: want some of "+strings.Join(directory.RoleNames(), ", "))
	}
	return r, nil
}

// fill takes a whole resource, as POST and PUT send it. A missing attribute stays as it is.
func (pf *profile) fill(attributes map[string]any) error {
	return pf.members(attributes, false)
}

// members sets the attributes of an object one by one, in the order of their names.
func (pf *profile) members(attributes map[string]any, add bool) error {
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
				pf.organization = org
			}
			continue
		}
		path, err := filter.ParsePath([]byte(name))
		if err != nil {
			return provisioning.Refuse(http.StatusBadRequest, "invalidPath", "unknown attribute")
		}
		if err := pf.set(path, v, add); err != nil {
			return err
		}
	}
	return nil
}

// patch applies the operations of a PATCH.
func (pf *profile) patch(operations []protocol.PatchOperation) (err error) {
	for _, o := range operations {
		add := o.Op == protocol.PatchOperationAdd
		if o.Op == protocol.PatchOperationRemove {
			o.Value = nil
		}
		if o.Path == nil {
			members, _ := o.Value.(map[string]any)
			err = pf.members(members, add)
		} else {
			err = pf.set(*o.Path, o.Value, add)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// set gives the attribute at the path a value; nil removes it.
func (pf *profile) set(path filter.Path, v any, add bool) error {
	sub := path.AttributePath.SubAttributeName()
	if path.SubAttribute != nil {
		sub = *path.SubAttribute
	}
	if strings.EqualFold(path.AttributePath.URI(), enterprise) && strings.EqualFold(path.AttributePath.AttributeName, "organization") {
		pf.organization, _ = v.(string)
		return nil
	}
	if uri := path.AttributePath.URI(); uri != "" && !strings.EqualFold(uri, schema.UserSchema) {
		return nil
	}
	text, isText := v.(string)
	switch strings.ToLower(path.AttributePath.AttributeName) {
	case "username":
		if !isText || strings.TrimSpace(text) == "" {
			return provisioning.Refuse(http.StatusBadRequest, "invalidValue", "userName needs a value")
		}
		pf.userName = text
	case "externalid":
		pf.externalID = text
	case "active":
		on, ok := v.(bool)
		if !ok {
			return provisioning.Refuse(http.StatusBadRequest, "invalidValue", "active needs a value: true or false")
		}
		pf.active = &on
	case "displayname":
		pf.display = text
	case "name":
		return pf.setName(sub, v)
	case "emails":
		return pf.setEmails(path.ValueExpression, sub, v, add)
	case "roles":
		return pf.setRoles(v, path.ValueExpression != nil || sub != "", add)
	}
	return nil
}

func (pf *profile) setName(sub string, v any) error {
	parts := map[string]*string{"formatted": &pf.formatted, "givenname": &pf.given, "familyname": &pf.family}
	if sub != "" {
		if part := parts[strings.ToLower(sub)]; part != nil {
			*part, _ = v.(string)
		}
		return nil
	}
	if v == nil {
		pf.formatted, pf.given, pf.family = "", "", ""
		return nil
	}
	members, ok := v.(map[string]any)
	if !ok {
		return provisioning.Refuse(http.StatusBadRequest, "invalidValue", "name has givenName and familyName, or formatted")
	}
	for name, value := range members {
		if part := parts[strings.ToLower(name)]; part != nil {
			*part, _ = value.(string)
		}
	}
	return nil
}

// setEmails follows RFC 7644 sections 3.5.2.1 to 3.5.2.3. An add at a filter that no address passes adds an address, as
// Entra ID expects.
func (pf *profile) setEmails(which filter.Expression, sub string, v any, add bool) error {
	if which == nil && sub == "" {
		var list []any
		switch v := v.(type) {
		case []any:
			list = v
		case map[string]any:
			list = []any{v}
		}
		if add {
			list = append(slices.Clone(pf.emails), list...)
		}
		pf.emails = list
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
	for _, e := range pf.emails {
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
			return provisioning.Refuse(http.StatusBadRequest, "noTarget", "no address passes that filter")
		}
		list = append(list, withMember(map[string]any{"type": "work"}, sub, v))
	}
	pf.emails = list
	return nil
}

// withMember is the element with other values of the given members; nil when it is removed.
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

// setRoles takes names, or objects with a name in value. A change of one role within the list is refused: a client
// sends all roles.
func (pf *profile) setRoles(v any, within, add bool) error {
	if within {
		return provisioning.Refuse(http.StatusBadRequest, "mutability", "roles change as a whole, and by a proposal in the console")
	}
	var names []string
	if add {
		names = slices.Clone(pf.roles)
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
			return provisioning.Refuse(http.StatusBadRequest, "invalidValue", "roles: want names, or objects with a value")
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	pf.roles = names
	return nil
}
