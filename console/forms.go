package console

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// form is one form in which people type or choose: every such form of the pages is a line of the table below. It is
// written by one template, checked by one function before its act looks at it, and comes back as it was sent when a
// field is wrong (refilling.go).
type form struct {
	name   string
	verb   signin.Verb // of its act; empty: its path has a handler of its own
	kind   string      // sent beside the verb, of a verb that asks for several things
	keeps  []string    // what the page fixes: whom or what the form is about
	fields []field
	do     string // the words of its button
	look   string // the class of it
	filter bool   // it narrows what the page of its name shows: sent by GET, and nothing in it is needed
}

// field is one thing to type or to choose.
type field struct {
	name     string
	kind     fieldKind
	label    string // its words; empty: field.NAME
	hint     string // words that help, before the mistake
	least    int    // characters
	most     int    // characters
	optional bool
	preset   bool           // the first choice stands for who chooses none
	secret   bool           // never shown again
	filled   string         // what the browser may fill in by itself; empty: nothing
	codes    []string       // of a choice: those of the catalogue, reason.CODE
	who      directory.Role // asked of these alone; zero: of everybody
	about    []string       // the refusals that are about what was typed here
}

// fieldKind is how a field is shown and what may be in it.
type fieldKind string

const (
	asText     fieldKind = "text"
	asEmail    fieldKind = "email"
	asMoment   fieldKind = "moment" // a day and a time
	asDay      fieldKind = "day"
	asProse    fieldKind = "prose"  // some lines
	asChoice   fieldKind = "choice" // one of a list
	asTicks    fieldKind = "ticks"  // any of a list
	asRadio    fieldKind = "radio"  // one of a list, all seen
	asFile     fieldKind = "file"
	asAccount  fieldKind = "account"  // the identifier of one
	asAccounts fieldKind = "accounts" // of several
	asTable    fieldKind = "table"    // a choice in each line of a table, which the page writes itself
)

// forms is every form with a field.
func forms() []form {
	structure := field{name: "structure", kind: asText, most: 64, who: directory.Officer, about: []string{"merged_away"}}
	person, asked := field{name: "person", kind: asText, most: 64}, field{name: "asked", kind: asChoice}
	since, until := field{name: "since", kind: asMoment, optional: true}, field{name: "until", kind: asMoment}
	from, to := field{name: "since", kind: asMoment, optional: true, label: "page.since"}, field{name: "until", kind: asMoment, optional: true, label: "page.until"}
	why := func(codes []string) field { return field{name: "reason", kind: asChoice, codes: codes} }
	return []form{
		{name: "new_account", verb: signin.Propose, kind: "new_account", do: "propose.do", fields: []field{
			{name: "name", kind: asText, most: 200}, {name: "email", kind: asEmail, most: 254},
			structure, {name: "roles", kind: asTicks}}},
		{name: "new_roles", verb: signin.Propose, kind: "new_roles", keeps: []string{"account"}, do: "roles.do", fields: []field{{name: "roles", kind: asTicks}}},
		{name: "list", do: "list.read", fields: []field{structure,
			{name: "file", kind: asFile, label: "list.file", about: []string{string(directory.ListCharset), string(directory.ListHeader),
				string(directory.ListEmpty), string(directory.ListTooLong)}}}},
		{name: "refuse", verb: signin.Refuse, keeps: []string{"proposal", "version"}, do: "proposal.refuse", look: "quiet", fields: []field{
			{name: "reason", kind: asChoice, label: "proposal.reason", codes: refuseReasons()},
			{name: "note", kind: asProse, label: "proposal.note", hint: "proposal.note_help", most: directory.MostNote, optional: true}}},
		{name: "suspend", verb: signin.Suspend, keeps: []string{"account"}, do: "suspend.do", look: "danger", fields: []field{why(suspendReasons())}},
		{name: "suspend_self", verb: signin.Suspend, keeps: []string{"account"}, do: "suspend.title_self", look: "danger", fields: []field{
			{name: "reason", kind: asChoice, preset: true, codes: []string{"lost_key", "suspicion", "left", "other"}}}},
		{name: "contain", verb: signin.Contain, keeps: []string{"account", "since"}, do: "contain.do", look: "danger", fields: []field{why(containReasons())}},
		{name: "cover", verb: Cover, do: "cover.do", fields: []field{{name: "of", kind: asChoice}, {name: "for", kind: asChoice}, until}},
		{name: "duty", verb: Duty, do: "duty.do", fields: []field{{name: "for", kind: asChoice, label: "field.holder"}, since, until}},
		{name: "transfer", verb: Transfer, do: "transfer.do", fields: []field{{name: "from", kind: asChoice}, {name: "to", kind: asChoice}, since}},
		{name: "merge", verb: Merge, keeps: []string{"gone"}, do: "merger.do", fields: []field{
			{name: "kept", kind: asText, most: 64, label: "merger.kept"}, {name: "since", kind: asDay, label: "merger.since"}}},
		{name: "review", verb: Review, keeps: []string{"review"}, do: "review.do", fields: []field{{name: "answers", kind: asTable}}},
		{name: "visit", verb: Visit, do: "reception.do", fields: []field{person, {name: "adviser", kind: asChoice}}},
		{name: "code", verb: Code, do: "opening.code_do", fields: []field{person, {name: "code", kind: asText, most: 32, secret: true}}},
		{name: "ask_cover", verb: AskCover, do: "opening.ask", fields: []field{{name: "of", kind: asChoice}, since, until, asked}},
		{name: "break_glass", verb: signin.BreakGlass, do: "opening.ask", fields: []field{person,
			{name: "reason", kind: asProse, label: "field.why", least: 10, most: 500}, asked}},
		{name: "rename_passkey", verb: RenamePasskey, keeps: []string{"passkey"}, do: "access.rename", fields: []field{
			{name: "name", kind: asText, most: 64, label: "access.new_name"}}},
		{name: "hold", verb: Hold, do: "hold.do", fields: []field{{name: "reference", kind: asText, most: 200, hint: "hold.reference_help"}}},
		{name: "trace", verb: Trace, do: "trace.do", fields: []field{person, from, to}},
		{name: "enrolment", do: "enrol.do", fields: []field{{name: "code", kind: asText, most: 32, label: "enrol.code", hint: "enrol.help", secret: true, filled: "one-time-code",
			about: []string{string(signin.CodeUnknown), string(signin.CodeMalformed), string(directory.CodeExpired), string(directory.NotWitnessed)}}}},
		{name: "answer", do: "course.answer", fields: []field{{name: "choice", kind: asRadio}}},
		{name: "alarms", filter: true, do: "page.show", fields: []field{from}},
		{name: "preview", filter: true, keeps: []string{"account"}, do: "preview.again", look: "quiet", fields: []field{
			{name: "since", kind: asMoment, optional: true, label: "contain.since"}}},
		{name: "register", filter: true, do: "page.show", fields: []field{{name: "account", kind: asAccount, optional: true}, from, to}},
		{name: "journal", filter: true, do: "page.show", fields: []field{{name: "account", kind: asAccount, optional: true, label: "journal.who"}, from, to}},
		{name: "roll", filter: true, do: "roll.count_them", fields: []field{{name: "accounts", kind: asAccounts, optional: true}, from, to}},
	}
}

func formNamed(name string) (form, bool) {
	all := forms()
	at := slices.IndexFunc(all, func(f form) bool { return f.name == name })
	if at < 0 {
		return form{}, false
	}
	return all[at], true
}

// has reports whether the form asks that viewer for the field.
func (f form) has(name string, v viewer) bool {
	return slices.ContainsFunc(f.fields, func(fd field) bool { return fd.name == name && fd.asks(v) })
}

func (fd field) asks(v viewer) bool { return fd.who == 0 || v.has(fd.who) }

// fault is a field that is wrong, and why.
type fault struct {
	field  string
	why    faultKind
	code   string // of the refusal that is about it
	params i18n.Params
}

// faultKind is a part of a key of the catalogue; empty: what is in the field is not what is wanted.
type faultKind string

const (
	missing  faultKind = "missing"
	tooLong  faultKind = "long"
	tooShort faultKind = "short"
)

// check looks at the form as it was sent by itself: what is missing, too long, or of another form.
func (f form) check(sent url.Values, v viewer, zone *time.Location) (wrong []fault) {
	for _, fd := range f.fields {
		typed := strings.TrimSpace(strings.Join(sent[fd.name], ","))
		n := utf8.RuneCountInString(typed)
		switch {
		case !fd.asks(v):
		case strings.Trim(typed, ",") == "" && !fd.optional:
			wrong = append(wrong, fault{field: fd.name, why: missing})
		case typed == "":
		case fd.most > 0 && n > fd.most:
			wrong = append(wrong, fault{field: fd.name, why: tooLong, params: i18n.Params{"most": fd.most, "n": n}})
		case n < fd.least:
			wrong = append(wrong, fault{field: fd.name, why: tooShort, params: i18n.Params{"least": fd.least, "n": n}})
		case !fd.takes(typed, zone):
			wrong = append(wrong, fault{field: fd.name})
		}
	}
	return wrong
}

// takes reports whether what was typed has the form of the field.
func (fd field) takes(typed string, zone *time.Location) bool {
	switch {
	case !utf8.ValidString(typed), fd.kind == asText && strings.ContainsFunc(typed, unseen):
		return false
	case fd.kind == asEmail:
		return isEmail(typed)
	case fd.kind == asMoment, fd.kind == asDay:
		_, err := parseMoment(typed, zone)
		return err == nil
	}
	for _, id := range identifiers(typed) {
		if _, err := cloison.ParseAccountID(id); err != nil && (fd.kind == asAccount || fd.kind == asAccounts) {
			return false
		}
	}
	return len(fd.codes) == 0 || slices.Contains(fd.codes, typed)
}

// identifiers are those that somebody typed one behind the other.
func identifiers(typed string) []string {
	return strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}

// unseen are the signs that a screen does not show as themselves: a line that they are in may read as another.
func unseen(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// isEmail keeps out what surely is no address; only the mail server knows the rest.
func isEmail(s string) bool {
	local, host, at := strings.Cut(s, "@")
	return at && local != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t\r\n<>,;\"") && !strings.Contains(host, "@")
}

// badField says which field of a form is wrong. Its label is field.NAME; fault.NAME, if there is one, says what is
// wanted.
func badField(name string) error { return badFields([]fault{{field: name}}) }

// unknown says that there is no such thing as was typed in the field.
func unknown(name string) error {
	return &cloison.Error{Kind: cloison.NotFound, Err: &refusal{code: "not_found", wrong: []fault{{field: name}}}}
}

// badFields says it of several.
func badFields(wrong []fault) error {
	return &cloison.Error{Kind: cloison.Invalid, Err: &refusal{code: "field", params: i18n.Params{"field": label("field." + wrong[0].field)}, wrong: wrong}}
}
