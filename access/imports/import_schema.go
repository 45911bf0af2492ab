package imports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/suggest"
)

// refusal is one line that was refused.
type refusal struct {
	line int
	why  string
}

func report(bad []refusal, to func(int, string)) {
	if to == nil {
		return
	}
	slices.SortFunc(bad, func(a, b refusal) int { return cmp.Compare(a.line, b.line) })
	for _, r := range bad {
		to(r.line, r.why)
	}
}

// Each parser takes one record in the order of its columns and returns why it is refused, or "".

func structureColumns() []Column {
	return []Column{{"code", true}, {"siret", true}, {"label", true}, {"network", false}, {"area", false},
		{"commune", false}}
}

func parseStructure(rec []string) (directory.Structure, string) {
	s := directory.Structure{ID: cloison.StructureID(rec[0]), SIRET: strings.ReplaceAll(rec[1], " ", ""), Label: rec[2],
		Network: rec[3], Area: rec[4], Commune: strings.ToUpper(rec[5])}
	return s, directory.CheckStructure(s)
}

func accountColumns() []Column {
	return []Column{{"structure", true}, {"name", true}, {"email", true}, {"idp", false}, {"sub", false},
		{"roles", true}, {"awareness_at", false}, {"managers_course_at", false}, {"created_at", false}}
}

func (im *Importer) parseAccount(rec []string) (directory.Account, string) {
	a := directory.Account{Structure: cloison.StructureID(rec[0]), Name: cloison.Personal(rec[1]),
		Email: cloison.Personal(strings.ToLower(rec[2])), Binding: directory.Binding{IdP: rec[3], Sub: rec[4]}, State: directory.Active}
	if !directory.ValidStructureCode(rec[0]) {
		return a, "structure: want its code"
	}
	if why := directory.CheckName(rec[1]); why != "" {
		return a, "name: " + why
	}
	if why := directory.CheckEmail(rec[2]); why != "" {
		return a, "email: " + why
	}
	if why := directory.CheckBinding(a.Binding); why != "" {
		return a, why
	}
	if a.Binding == (directory.Binding{}) {
		a.State = directory.Pending // until its holder enrols with a code of the operator
	}
	var err error
	if a.Roles, err = directory.ParseRoles(rec[5]); err != nil || a.Roles == 0 {
		return a, "roles: a word is no role" + suggest.DidYouMean(strings.ToLower(rec[5]), directory.RoleNames())
	}
	if a.Roles.Machine() {
		if why := directory.CheckMachine(a); why != "" {
			return a, why
		}
		a.State = directory.Active // it never enrols
	}
	awareness, okA := im.date(rec[6], false)
	course, okM := im.date(rec[7], false)
	created, okC := im.date(rec[8], false)
	switch {
	case !okA:
		return a, "awareness_at: " + wantDate
	case !okM:
		return a, "managers_course_at: " + wantDate
	case !okC:
		return a, "created_at: " + wantDate
	}
	if a.Created = created; created.IsZero() {
		a.Created = im.now()
	}
	a.LastSeen = im.now() // so that an old account is not dormant on the day of its import; repeated imports leave it
	if !awareness.IsZero() {
		a.AwarenessUntil = im.directory.Validity(directory.Awareness, awareness)
	}
	if !course.IsZero() {
		a.ManagersUntil = im.directory.Validity(directory.ManagersCourse, course)
	}
	a.ID = cloison.NewAccountID()
	a.Lineage = a.ID
	return a, ""
}

func caseloadColumns() []Column {
	return []Column{{"idp", true}, {"sub", true}, {"person", true}, {"since", true}, {"until", false}, {"means", false}}
}

func (im *Importer) parseAssignment(rec []string) (explanation.Assignment, string) {
	as := explanation.Assignment{Binding: directory.Binding{IdP: rec[0], Sub: rec[1]}, Person: cloison.PersonRef(rec[2]), Means: explanation.Caseload}
	if why := directory.CheckBinding(as.Binding); why != "" {
		return as, why
	}
	if as.Person.Check() != nil {
		return as, "person: want 1 to 64 bytes"
	}
	var ok bool
	if as.Since, ok = im.date(rec[3], false); !ok {
		return as, "since: " + wantDate
	}
	if as.Until, ok = im.date(rec[4], true); !ok {
		return as, "until: " + wantDate
	}
	if !as.Until.IsZero() && !as.Until.After(as.Since) {
		return as, "until is not after since"
	}
	switch rec[5] {
	case "", string(explanation.Caseload):
	case string(explanation.Appointment):
		as.Means = explanation.Appointment
	default:
		return as, "means: unknown" + suggest.DidYouMean(rec[5], []string{string(explanation.Caseload), string(explanation.Appointment)})
	}
	return as, ""
}

const wantDate = "want a date as 2026-01-31 or 31/01/2026, or a time as 2026-01-31T09:30:00Z"

// date reads a day of the directory's zone, or an instant. The empty text is the zero time. end asks for the end of
// the day: a caseload until the 31st holds on the 31st.
func (im *Importer) date(s string, end bool) (time.Time, bool) {
	layout := time.RFC3339
	switch {
	case s == "":
		return time.Time{}, true
	case len(s) == len("31/01/2026") && s[2] == '/':
		layout = "02/01/2006"
	case len(s) == len(time.DateOnly):
		layout = time.DateOnly
	}
	t, err := time.ParseInLocation(layout, s, im.directory.Settings().Zone)
	if err != nil || t.Year() < 1900 || t.Year() > 9998 {
		return time.Time{}, false
	}
	if end && layout != time.RFC3339 {
		t = t.AddDate(0, 0, 1)
	}
	return cloison.Timestamp(t), true
}
