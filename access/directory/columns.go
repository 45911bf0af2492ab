package directory

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cloison"
)

// refusal is one line that was not taken.
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

// The parsers below take one record in the order of its columns and return why it is refused, or "".

func structureColumns() []column {
	return []column{{"code", true}, {"siret", true}, {"label", true}, {"network", false}, {"area", false},
		{"commune", false}}
}

func parseStructure(rec []string) (Structure, string) {
	s := Structure{ID: cloison.StructureID(rec[0]), SIRET: strings.ReplaceAll(rec[1], " ", ""), Label: rec[2],
		Network: rec[3], Area: rec[4], Commune: strings.ToUpper(rec[5])}
	switch {
	case !codeLike(rec[0]):
		return s, "code: want 1 to 32 letters, digits, or . _ - /"
	case !validSIRET(s.SIRET):
		return s, "siret: want 14 digits whose check digit is right"
	case utf8.RuneCountInString(s.Label) > maxName || len(s.Network) > 64 || len(s.Area) > 64:
		return s, "label, network or area is too long"
	case s.Commune != "" && !validCommune(s.Commune):
		return s, "commune: want the INSEE code, as 75056 or 2A004"
	}
	return s, ""
}

func accountColumns() []column {
	return []column{{"structure", true}, {"name", true}, {"email", true}, {"idp", false}, {"sub", false},
		{"roles", true}, {"awareness_at", false}, {"managers_course_at", false}, {"created_at", false}}
}

func (d *Directory) parseAccount(rec []string) (Account, string) {
	a := Account{Structure: cloison.StructureID(rec[0]), Name: cloison.Personal(rec[1]),
		Email: cloison.Personal(strings.ToLower(rec[2])), Binding: Binding{rec[3], rec[4]}, State: Active}
	if !codeLike(rec[0]) {
		return a, "structure: want its code"
	}
	if why := checkName(rec[1]); why != "" {
		return a, "name: " + why
	}
	if why := checkEmail(rec[2]); why != "" {
		return a, "email: " + why
	}
	if why := checkBinding(a.Binding); why != "" {
		return a, why
	}
	if a.Binding == (Binding{}) {
		a.State = Pending // until a code that the operator issues
	}
	var err error
	if a.Roles, err = ParseRoles(rec[5]); err != nil || a.Roles == 0 {
		return a, "roles: a word is no role" + didYouMean(strings.ToLower(rec[5]), RoleNames())
	}
	if a.Roles.Machine() {
		if why := checkMachine(a); why != "" {
			return a, why
		}
		a.State = Active // it has no code to wait for
	}
	awareness, okA := d.date(rec[6], false)
	course, okM := d.date(rec[7], false)
	created, okC := d.date(rec[8], false)
	switch {
	case !okA:
		return a, "awareness_at: " + wantDate
	case !okM:
		return a, "managers_course_at: " + wantDate
	case !okC:
		return a, "created_at: " + wantDate
	}
	if a.Created = created; created.IsZero() {
		a.Created = d.now()
	}
	a.LastSeen = d.now() // so that an old account is not dormant on the day of its import; a repeated import says nothing
	if !awareness.IsZero() {
		a.AwarenessUntil = d.validity(awareness, d.settings.AwarenessMonths)
	}
	if !course.IsZero() {
		a.ManagersUntil = d.validity(course, d.settings.CourseMonths)
	}
	a.ID = cloison.NewAccountID()
	a.Lineage = a.ID
	return a, ""
}

// checkMachine says why the account cannot be a machine's.
func checkMachine(a Account) string {
	switch {
	case a.Roles != Source && a.Roles != NetworkSource:
		return "roles: a source has no other role: a person has an account of its own"
	case a.Binding != (Binding{}):
		return "idp and sub: a source never signs in: leave both empty"
	}
	return ""
}

// validity is the end of a training's validity: that many months after it, in French time.
func (d *Directory) validity(t time.Time, months int) time.Time {
	return AfterMonths(t.In(d.zone), months).UTC()
}

func caseloadColumns() []column {
	return []column{{"idp", true}, {"sub", true}, {"person", true}, {"since", true}, {"until", false}, {"means", false}}
}

func (d *Directory) parseAssignment(rec []string) (Assignment, string) {
	as := Assignment{Binding: Binding{rec[0], rec[1]}, Person: cloison.PersonRef(rec[2]), Means: Caseload}
	if why := checkBinding(as.Binding); why != "" {
		return as, why
	}
	if as.Person.Check() != nil {
		return as, "person: want 1 to 64 bytes"
	}
	var ok bool
	if as.Since, ok = d.date(rec[3], false); !ok {
		return as, "since: " + wantDate
	}
	if as.Until, ok = d.date(rec[4], true); !ok {
		return as, "until: " + wantDate
	}
	if !as.Until.IsZero() && !as.Until.After(as.Since) {
		return as, "until is not after since"
	}
	switch rec[5] {
	case "", string(Caseload):
	case string(Appointment):
		as.Means = Appointment
	default:
		return as, "means: unknown" + didYouMean(rec[5], []string{string(Caseload), string(Appointment)})
	}
	return as, ""
}

const wantDate = "want a date as 2026-01-31 or 31/01/2026, or a time as 2026-01-31T09:30:00Z"

// date reads a day in French time, or an instant. The empty text is the zero time. The end of a day is wanted for
// "until": a caseload until the 31st holds on the 31st.
func (d *Directory) date(s string, end bool) (time.Time, bool) {
	layout := time.RFC3339
	switch {
	case s == "":
		return time.Time{}, true
	case len(s) == len("31/01/2026") && s[2] == '/':
		layout = "02/01/2006"
	case len(s) == len(time.DateOnly):
		layout = time.DateOnly
	}
	t, err := time.ParseInLocation(layout, s, d.zone)
	if err != nil || t.Year() < 1900 || t.Year() > 9998 {
		return time.Time{}, false
	}
	if end && layout != time.RFC3339 {
		t = t.AddDate(0, 0, 1)
	}
	return t.UTC().Truncate(time.Millisecond), true
}

const (
	maxName  = 200 // characters
	maxEmail = 254 // bytes, RFC 5321
	maxID    = 255 // bytes, OpenID Connect Core 1.0, section 2, for sub
)

func checkName(s string) string {
	if n := utf8.RuneCountInString(s); n == 0 || n > maxName || !utf8.ValidString(s) ||
		strings.ContainsFunc(s, control) {
		return "want 1 to 200 characters on one line"
	}
	return ""
}

// checkEmail keeps out what surely is no address; only the mail server knows the rest.
func checkEmail(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || len(s) > maxEmail || !utf8.ValidString(s) ||
		strings.ContainsAny(s, " ,;<>\"") || strings.Contains(domain, "@") || strings.ContainsFunc(s, control) {
		return "want one address as name@body.example"
	}
	return ""
}

// checkBinding wants both halves or none, in visible ASCII as identity providers give them.
func checkBinding(b Binding) string {
	if (b.IdP == "") != (b.Sub == "") {
		return "idp and sub go together: give both, or none for an account that will enrol by code"
	}
	for _, s := range []string{b.IdP, b.Sub} {
		if len(s) > maxID || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "idp and sub: want at most 255 visible ASCII characters"
		}
	}
	return ""
}

// codeLike says whether a structure's code can be one.
func codeLike(s string) bool {
	return len(s) > 0 && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("._-/", r))
	})
}

// validCommune checks the form of an INSEE commune code.
func validCommune(s string) bool {
	if len(s) != 5 {
		return false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && !(i == 1 && s[0] == '2' && (s[i] == 'A' || s[i] == 'B')) {
			return false
		}
	}
	return true
}

// laPoste is the SIREN whose establishments may follow another rule: the sum of the digits is a multiple of five
// (INSEE, Sirene documentation).
const laPoste = "356000000"

// validSIRET checks the 14 digits by Luhn's rule (ISO/IEC 7812-1, annex B).
func validSIRET(s string) bool {
	if len(s) != 14 {
		return false
	}
	luhn, sum := 0, 0
	for i := range len(s) {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		sum += d
		if i%2 == 0 { // from the right, every second digit; 14 is even
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		luhn += d
	}
	return luhn%10 == 0 || strings.HasPrefix(s, laPoste) && sum%5 == 0
}
