package console_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/incident/contain"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
)

// TestWhoMayDoWhat holds every verb against every role and against subjects of the own and of another structure.
// Whatever is not in the table is refused with no_role. A subject that the caller may not know of is not found, as one
// that does not exist.
func TestWhoMayDoWhat(t *testing.T) {
	const here, elsewhere = 0, 1                        // structures of the network
	const subject, second, cutOne, keyless = 6, 7, 8, 9 // advisers of a structure, by their place in it; those before are the callers
	w := consolekit.New(t)
	people := w.Staff()
	own, other := w.AccountOf(w.Agent(here, network.Adviser, subject)), w.AccountOf(w.Agent(elsewhere, network.Adviser, 0))
	colleague := w.AccountOf(w.Agent(here, network.Adviser, second))
	proposed := func(by network.Agent, structure cloison.StructureID) approval.Proposal {
		p, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: w.AccountOf(by).ID}, approval.Ask{Kind: approval.NewAccount, Structure: structure,
			Name: "Camille Exemple", Email: "camille@exemple.example", Roles: directory.Adviser})
		w.Must(err)
		return p
	}
	w.Course(people["manager"].Agent)
	mine := proposed(people["manager"].Agent, own.Structure)
	theirs := proposed(w.Agent(elsewhere, network.Manager, 0), other.Structure)
	victim := w.AccountOf(w.Agent(here, network.Adviser, cutOne))
	cut, err := contain.New(w.DB, w.DB, contain.Settings{}, testkit.Quiet(), time.Now).Cut(w.Ctx, cloison.Operator(), victim.ID, time.Time{}, "operator")
	w.Must(err)
	lost, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: people["manager"].Account.ID},
		approval.Ask{Kind: approval.Rebind, Account: w.AccountOf(w.Agent(here, network.Adviser, keyless)).ID})
	w.Must(err)
	_, err = w.Approvals.Approve(w.Ctx, cloison.Caller{Account: people["approver"].Account.ID}, lost.ID, lost.Version)
	w.Must(err)
	review, theirReview := w.OpensReview(own.Structure), w.OpensReview(other.Structure)
	tonight := time.Now().Add(8 * time.Hour).UTC().Format(time.RFC3339)
	until := time.Now().AddDate(0, 0, 3).UTC().Format(time.RFC3339)
	glass, err := w.Desk.Ask(w.Ctx, cloison.Caller{Account: own.ID}, explanation.RequestAsk{Kind: explanation.BreakGlassRequest, Asked: colleague.ID, Person: "1",
		Reason: "une urgence au guichet"})
	w.Must(err)
	newcomer := func(structure cloison.StructureID) map[string]any {
		return map[string]any{"kind": "new_account", "name": "Dominique Exemple", "email": "d@exemple.example", "roles": "adviser", "structure": structure}
	}
	decision := func(p approval.Proposal) map[string]any {
		return map[string]any{"proposal": p.ID, "version": p.Version}
	}
	refusal := func(p approval.Proposal) map[string]any {
		return map[string]any{"proposal": p.ID, "version": p.Version, "reason": "other"}
	}
	about := func(a directory.Account, reason string) map[string]any {
		return map[string]any{"account": a.ID, "reason": reason}
	}
	unknown := directory.Account{ID: cloison.NewAccountID()}
	self := map[string]any{"account": "self", "reason": "lost_key"}
	const ok, no, hidden = "", "no_role", "not_found"
	table := rulings{heading: "Acts", first: []string{"act", "on"}}
	for _, line := range []struct {
		verb, on string
		subject  map[string]any
		adviser, reception, manager, director,
		approver, officer, dpo, auditor string
	}{
		{"propose", "own structure", newcomer(own.Structure), no, no, ok, no, no, ok, no, no},
		{"propose", "another structure", newcomer(other.Structure), no, no, hidden, no, no, ok, no, no},
		{"propose", "no structure", newcomer("ML-nowhere"), no, no, hidden, no, no, hidden, no, no},
		{"propose", "a new code, own structure", map[string]any{"kind": "rebind", "account": own.ID}, no, no, ok, no, no, ok, no, no},
		{"propose", "a new code, another structure", map[string]any{"kind": "rebind", "account": other.ID}, no, no, hidden, no, no, ok, no, no},
		{"propose", "other roles, own structure", map[string]any{"kind": "new_roles", "account": own.ID, "roles": "adviser,reception"}, no, no, ok, no, no, ok, no, no},
		{"propose", "other roles, another structure", map[string]any{"kind": "new_roles", "account": other.ID, "roles": "reception"}, no, no, hidden, no, no, ok, no, no},
		{"propose", "other roles, oneself", map[string]any{"kind": "new_roles", "account": "self", "roles": "reception"}, no, no, "oneself", no, no, "oneself", no, no},
		{"propose_list", "own structure", map[string]any{"list": "nom;courriel;rôles\nUne;une@exemple.example;conseiller", "structure": own.Structure}, no, no, ok, no, no, ok, no, no},
		{"propose_list", "another structure", map[string]any{"list": "nom;courriel;rôles\nUne;une@exemple.example;conseiller", "structure": other.Structure}, no, no, hidden, no, no, ok, no, no},
		{"approve_list", "no proposal", map[string]any{"proposal": cloison.NewActID(), "version": 1}, no, no, no, no, hidden, no, no, no},
		{"prove", "no row", map[string]any{"seq": 99}, no, no, no, no, no, hidden, hidden, hidden},
		{"trace", "a person of any structure", map[string]any{"person": "1"}, no, no, no, no, no, ok, ok, ok},
		{"approve", "own structure", decision(mine), no, no, no, no, ok, no, no, no},
		{"approve", "another structure", decision(theirs), no, no, no, no, ok, no, no, no},
		{"refuse", "own structure", refusal(mine), no, no, no, no, ok, no, no, no},
		{"refuse", "another structure", refusal(theirs), no, no, no, no, ok, no, no, no},
		{"cancel", "own structure", map[string]any{"proposal": mine.ID}, no, no, ok, no, no, ok, no, no},
		{"cancel", "another structure", map[string]any{"proposal": theirs.ID}, no, no, hidden, no, no, ok, no, no},
		{"suspend", "oneself", self, ok, ok, ok, ok, ok, ok, ok, ok},
		{"suspend", "own structure", about(own, "suspicion"), hidden, hidden, ok, no, hidden, ok, no, no},
		{"suspend", "another structure", about(other, "suspicion"), hidden, hidden, hidden, hidden, hidden, ok, no, no},
		{"suspend", "nobody", about(unknown, "suspicion"), hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"contain", "own structure", about(own, "hijack"), no, no, ok, no, no, ok, no, no},
		{"contain", "another structure", about(other, "hijack"), no, no, hidden, no, no, ok, no, no},
		{"contain", "nobody", about(unknown, "hijack"), no, no, hidden, no, no, hidden, no, no},
		{"undo", "own structure", map[string]any{"cut": cut.ID}, no, no, no, no, no, ok, no, no},
		{"undo", "no cut", map[string]any{"cut": cloison.NewActID()}, no, no, no, no, no, hidden, no, no},
		{"cover", "own structure", map[string]any{"for": own.ID, "of": colleague.ID, "until": until}, ok, ok, ok, ok, no, no, no, no},
		{"cover", "another structure", map[string]any{"for": other.ID, "of": colleague.ID, "until": until}, hidden, hidden, hidden, hidden, no, no, no, no},
		{"witness", "own structure, nothing granted", map[string]any{"account": own.ID}, "conflict", "conflict", "conflict", "conflict", no, no, no, no},
		{"witness", "own structure", map[string]any{"account": lost.Account}, ok, ok, "own_proposal", ok, no, no, no, no},
		{"witness", "another structure", map[string]any{"account": other.ID}, hidden, hidden, hidden, hidden, no, no, no, no},
		{"witness", "nobody", map[string]any{"account": unknown.ID}, hidden, hidden, hidden, hidden, no, no, no, no},
		{"hold", "every row", map[string]any{"reference": "RG 26/1"}, no, no, no, no, no, ok, ok, no},
		{"lift", "no hold", map[string]any{"hold": cloison.NewActID()}, no, no, no, no, no, hidden, hidden, no},
		{"resend", "no letter", map[string]any{"letter": "77"}, no, no, no, no, no, hidden, no, no},
		{"resend", "nonsense", map[string]any{"letter": "-1 or 1=1"}, no, no, no, no, no, hidden, no, no},
		{"close", "own structure", map[string]any{"account": own.ID}, no, no, ok, ok, no, ok, no, no},
		{"close", "another structure", map[string]any{"account": other.ID}, no, no, hidden, hidden, no, ok, no, no},
		{"duty", "own structure", map[string]any{"for": own.ID, "until": tonight}, no, no, ok, ok, no, no, no, no},
		{"duty", "another structure", map[string]any{"for": other.ID, "until": tonight}, no, no, hidden, hidden, no, no, no, no},
		{"transfer", "own structure", map[string]any{"from": own.ID, "to": colleague.ID}, no, no, ok, ok, no, ok, no, no},
		{"transfer", "another structure", map[string]any{"from": own.ID, "to": other.ID}, no, no, hidden, hidden, no, ok, no, no},
		{"merge", "two structures", map[string]any{"gone": own.Structure, "kept": other.Structure, "since": until}, no, no, no, no, no, ok, no, no},
		{"merge", "no structure", map[string]any{"gone": own.Structure, "kept": "ML-nowhere", "since": until}, no, no, no, no, no, hidden, no, no},
		{"merge_decide", "no merger", map[string]any{"merger": cloison.NewActID(), "verdict": "approve"}, no, no, no, no, no, hidden, no, no},
		{"review", "own structure", map[string]any{"review": review.ID, "answers": own.ID.String() + "=keep"}, no, no, ok, ok, no, ok, no, no},
		{"review", "another structure", map[string]any{"review": theirReview.ID, "answers": other.ID.String() + "=keep"}, no, no, hidden, hidden, no, ok, no, no},
		{"review", "an account of another structure", map[string]any{"review": review.ID, "answers": other.ID.String() + "=keep"}, no, no, hidden, hidden, no, ok, no, no},
		{"review", "no review", map[string]any{"review": cloison.NewActID(), "answers": own.ID.String() + "=keep"}, no, no, hidden, hidden, no, hidden, no, no},
		{"export", "own structure", map[string]any{"accounts": []any{own.ID}}, no, no, no, no, no, ok, ok, no},
		{"export", "another structure", map[string]any{"accounts": []any{other.ID}}, no, no, no, no, no, ok, ok, no},
		{"export", "nobody", map[string]any{"accounts": []any{unknown.ID}}, no, no, no, no, no, hidden, hidden, no},
		{"export", "a cut", map[string]any{"cut": cut.ID}, no, no, no, no, no, ok, ok, no},
		{"rename_passkey", "somebody else's", map[string]any{"passkey": "AAAA", "name": "x"}, "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown"},
		{"remove_passkey", "somebody else's", map[string]any{"passkey": "AAAA"}, "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown", "passkey_unknown"},
		{"end_session", "somebody else's", map[string]any{"session": cloison.NewSessionID()}, "session_unknown", "session_unknown", "session_unknown", "session_unknown", "session_unknown", "session_unknown", "session_unknown", "session_unknown"},
		{"end_session", "one's others, when there is none", map[string]any{}, "session_alone", "session_alone", "session_alone", "session_alone", "session_alone", "session_alone", "session_alone", "session_alone"},
		{"visit", "own structure", map[string]any{"adviser": own.ID, "person": "1"}, no, ok, no, no, no, no, no, no},
		{"visit", "another structure", map[string]any{"adviser": other.ID, "person": "1"}, no, hidden, no, no, no, no, no, no},
		{"code", "oneself", map[string]any{"person": "1", "code": "00000000"}, ok, ok, no, no, no, no, no, no},
		{"ask_cover", "own structure", map[string]any{"asked": own.ID, "of": colleague.ID, "until": until}, ok, ok, no, no, no, no, no, no},
		{"ask_cover", "another structure", map[string]any{"asked": other.ID, "of": colleague.ID, "until": until}, hidden, hidden, no, no, no, no, no, no},
		{"ask_cover", "of another structure", map[string]any{"asked": own.ID, "of": other.ID, "until": until}, hidden, hidden, no, no, no, no, no, no},
		{"break_glass", "own structure", map[string]any{"asked": own.ID, "person": "1", "reason": "une urgence au guichet"}, ok, ok, no, no, no, no, no, no},
		{"break_glass", "another structure", map[string]any{"asked": other.ID, "person": "1", "reason": "une urgence au guichet"}, hidden, hidden, no, no, no, no, no, no},
		{"confirm", "no request", map[string]any{"request": cloison.NewActID(), "version": 1}, hidden, hidden, hidden, hidden, no, no, no, no},
		{"confirm", "others' request", map[string]any{"request": glass.ID, "version": 1}, hidden, hidden, hidden, hidden, no, no, no, no},
		{"decline", "others' request", map[string]any{"request": glass.ID, "version": 1}, hidden, hidden, hidden, hidden, no, no, no, no},
		{"presence", "signin's own", map[string]any{}, "unknown_verb", "unknown_verb", "unknown_verb", "unknown_verb", "unknown_verb", "unknown_verb", "unknown_verb", "unknown_verb"},
	} {
		table.add([]string{"`" + line.verb + "`", line.on}, line.adviser, line.reception, line.manager, line.director, line.approver, line.officer, line.dpo, line.auditor)
		for role, want := range map[string]string{"adviser": line.adviser, "reception": line.reception, "manager": line.manager, "director": line.director,
			"approver": line.approver, "officer": line.officer, "dpo": line.dpo, "auditor": line.auditor} {
			p, subject := people[role], line.subject
			if subject["account"] == "self" {
				subject = maps.Clone(subject)
				subject["account"] = p.Account.ID
			}
			if a := p.Begin(line.verb, subject); a.Reason() != want || (a.Status == http.StatusOK) != (want == ok) {
				t.Errorf("%s does %s to %s: %d %q, want %q", role, line.verb, line.on, a.Status, a.Reason(), want)
			}
		}
	}
	table.check(t)
}

// TestWhoMaySeeWhat holds every page against every role.
func TestWhoMaySeeWhat(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	w.Opened()
	people := w.Staff()
	own, other := w.AccountOf(w.Agent(0, network.Adviser, 6)), w.AccountOf(w.Agent(1, network.Adviser, 0))
	certified, elsewhere := w.Certified(own).String(), w.Certified(other).String()
	const yes, no, hidden = 200, 403, 404
	table := rulings{heading: "Pages", first: []string{"page", "of"}}
	ownReview, otherReview := w.OpensReview(own.Structure).ID.String(), w.OpensReview(other.Structure).ID.String()
	const ofOwn, ofOther, ofNobody, odd = "own structure", "another structure", "nobody", "an odd address"
	for _, line := range []struct {
		path, kind, of string
		adviser, reception, manager, director,
		approver, officer, dpo, auditor int
	}{
		{"/", "/", "", yes, yes, yes, yes, yes, yes, yes, yes},
		{"/mon-espace", "/mon-espace", "", yes, yes, yes, yes, yes, yes, yes, yes},
		{"/mon-espace/acces", "/mon-espace/acces", "", yes, yes, yes, yes, yes, yes, yes, yes},
		{"/propositions/liste", "/propositions/liste", "", no, no, yes, no, no, yes, no, no},
		{"/habilitations", "/habilitations", "", yes, yes, yes, yes, yes, yes, yes, yes},
		{"/habilitations/" + own.ID.String(), "/habilitations/{id}", ofOwn, hidden, hidden, yes, yes, hidden, yes, yes, yes},
		{"/habilitations/" + other.ID.String(), "/habilitations/{id}", ofOther, hidden, hidden, hidden, hidden, hidden, yes, yes, yes},
		{"/habilitations/" + cloison.NewAccountID().String(), "/habilitations/{id}", ofNobody, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"/structures", "/structures", "", no, no, yes, yes, no, yes, yes, yes},
		{"/structures?by=reach&q=mission&from=0", "/structures", odd, no, no, yes, yes, no, yes, yes, yes},
		{"/structures?by=nonsense", "/structures", odd, no, no, hidden, hidden, no, hidden, hidden, hidden},
		{"/structures/" + string(own.Structure), "/structures/{id}", ofOwn, no, no, yes, yes, no, yes, yes, yes},
		{"/structures/" + string(other.Structure), "/structures/{id}", ofOther, no, no, hidden, hidden, no, yes, yes, yes},
		{"/structures/ML-nowhere", "/structures/{id}", ofNobody, no, no, hidden, hidden, no, hidden, hidden, hidden},
		{"/revues", "/revues", "", no, no, yes, yes, no, yes, yes, yes},
		{"/revues/" + ownReview, "/revues/{id}", ofOwn, no, no, yes, yes, no, yes, yes, yes},
		{"/revues/" + otherReview, "/revues/{id}", ofOther, no, no, hidden, hidden, no, yes, yes, yes},
		{"/revues/" + cloison.NewActID().String(), "/revues/{id}", ofNobody, no, no, hidden, hidden, no, hidden, hidden, hidden},
		{"/revues/nonsense", "/revues/{id}", odd, no, no, hidden, hidden, no, hidden, hidden, hidden},
		{"/habilitations/nonsense", "/habilitations/{id}", odd, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"/propositions", "/propositions", "", no, no, yes, yes, yes, yes, yes, yes},
		{"/approbations", "/approbations", "", no, no, no, no, no, yes, yes, yes},
		{"/remplacements", "/remplacements", "", yes, yes, yes, yes, no, no, no, no},
		{"/exposition?account=" + own.ID.String(), "/exposition", ofOwn, hidden, hidden, yes, yes, hidden, yes, yes, yes},
		{"/exposition?account=" + other.ID.String(), "/exposition", ofOther, hidden, hidden, hidden, hidden, hidden, yes, yes, yes},
		{"/exposition", "/exposition", "", yes, yes, yes, yes, yes, yes, yes, yes},
		{"/alarmes", "/alarmes", "", no, no, yes, yes, no, yes, yes, yes},
		{"/confinements", "/confinements", "", no, no, yes, yes, no, yes, yes, yes},
		{"/confinements/apercu?account=" + own.ID.String(), "/confinements/apercu", ofOwn, no, no, yes, no, no, yes, no, no},
		{"/confinements/apercu?account=" + other.ID.String(), "/confinements/apercu", ofOther, no, no, hidden, no, no, yes, no, no},
		{"/registre", "/registre", "", no, no, no, no, no, yes, yes, yes},
		{"/registre/verification", "/registre/verification", "", no, no, no, no, no, yes, yes, yes},
		{"/registre/conservation", "/registre/conservation", "", no, no, no, no, no, yes, yes, yes},
		{"/releve", "/releve", "", no, no, no, no, no, yes, yes, no},
		{"/dossier", "/dossier", "", yes, yes, no, no, no, no, no, no},
		{"/accueil-public", "/accueil-public", "", no, yes, no, no, no, no, no, no},
		{"/confirmations", "/confirmations", "", yes, yes, yes, yes, no, no, no, no},
		{"/bris-de-glace", "/bris-de-glace", "", no, no, no, yes, no, yes, yes, yes},
		{"/temoins", "/temoins", "", yes, yes, yes, yes, no, no, no, no},
		{"/courriels", "/courriels", "", no, no, no, no, no, yes, yes, yes},
		{"/courriels?before=x", "/courriels", odd, no, no, no, no, no, hidden, hidden, hidden},
		{"/courriels?state=x", "/courriels", odd, no, no, no, no, no, hidden, hidden, hidden},
		{"/formation", "/formation", "", yes, yes, yes, yes, yes, yes, yes, yes},
		{"/formation/tentatives/" + certified, "/formation/tentatives/{id}", ofOwn, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"/formation/tentatives/" + certified + "/1", "/formation/tentatives/{id}/{n}", ofOwn, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"/formation/tentatives/nonsense", "/formation/tentatives/{id}", odd, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"/formation/attestations", "/formation/attestations", "", yes, yes, yes, yes, yes, yes, yes, yes},
		{"/formation/attestations/" + certified, "/formation/attestations/{id}", ofOwn, hidden, hidden, yes, yes, hidden, yes, yes, yes},
		{"/formation/attestations/" + elsewhere, "/formation/attestations/{id}", ofOther, hidden, hidden, hidden, hidden, hidden, yes, yes, yes},
		{"/formation/attestations/" + cloison.NewActID().String(), "/formation/attestations/{id}", ofNobody, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"/formation/attestations/nonsense", "/formation/attestations/{id}", odd, hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
		{"/journal", "/journal", "", no, no, no, no, no, yes, yes, yes},
		{"/reglages", "/reglages", "", no, no, no, no, no, yes, yes, yes},
		{"/rien", "/rien", "", hidden, hidden, hidden, hidden, hidden, hidden, hidden, hidden},
	} {
		said := []string{}
		for _, status := range []int{line.adviser, line.reception, line.manager, line.director, line.approver, line.officer, line.dpo, line.auditor} {
			said = append(said, strconv.Itoa(status))
		}
		table.add([]string{"`" + line.kind + "`", line.of}, said...)
		for role, want := range map[string]int{"adviser": line.adviser, "reception": line.reception, "manager": line.manager, "director": line.director,
			"approver": line.approver, "officer": line.officer, "dpo": line.dpo, "auditor": line.auditor} {
			for _, accept := range []string{"application/json", "text/html"} {
				if a := people[role].Get(line.path, accept); a.Status != want {
					t.Errorf("%s opens %s as %s: %d, want %d", role, line.path, accept, a.Status, want)
				}
			}
		}
	}
	table.check(t)
	var list struct{ Accounts []struct{ Structure string } }
	for role, want := range map[string]string{"adviser": string(own.Structure), "manager": string(own.Structure), "director": string(own.Structure)} {
		people[role].JSON("/habilitations?structure="+string(other.Structure), &list)
		for _, a := range list.Accounts {
			if a.Structure != want {
				t.Errorf("%s is shown an account of %s", role, a.Structure)
			}
		}
		if role == "adviser" && len(list.Accounts) != 1 {
			t.Errorf("an adviser is shown %d accounts", len(list.Accounts))
		}
	}
}

// TestAnUnknownIdLooksLikeAForbiddenOne compares two answers byte by byte, but for the reference.
func TestAnUnknownIdLooksLikeAForbiddenOne(t *testing.T) {
	w := consolekit.New(t)
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	other := w.AccountOf(w.Agent(1, network.Adviser, 0))
	bare := func(a consolekit.Answer) string {
		i := strings.Index(a.Body, `"reference"`)
		return a.Body[:i]
	}
	forbidden := manager.Get("/habilitations/"+other.ID.String(), "application/json")
	unknown := manager.Get("/habilitations/"+cloison.NewAccountID().String(), "application/json")
	if bare(forbidden) != bare(unknown) || forbidden.Status != unknown.Status {
		t.Errorf("%s\n%s", forbidden.Body, unknown.Body)
	}
}

// TestACookieAloneDoesNothing signs in without showing the passkey.
func TestACookieAloneDoesNothing(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	weak := w.Visitor()
	weak.Agent = officer.Agent
	weak.SignIn()
	stranger := w.Visitor()
	for _, path := range []string{"/habilitations", "/propositions", "/exposition", "/alarmes", "/confinements", "/registre", "/releve", "/journal"} {
		if a := weak.Get(path, "application/json"); a.Status != 401 || a.Reason() != "passkey_needed" {
			t.Errorf("a cookie alone opens %s: %d %s", path, a.Status, a.Reason())
		}
		if a := weak.Get(path, "text/html"); a.URL.Path != "/cloison/presence" {
			t.Errorf("%s leads to %s", path, a.URL)
		}
		if a := stranger.Get(path, "application/json"); a.Status != 401 || a.Reason() != "signed_out" {
			t.Errorf("a stranger opens %s: %d %s", path, a.Status, a.Reason())
		}
	}
	if a := weak.Begin("suspend", map[string]any{"account": officer.Account.ID, "reason": "lost_key"}); a.Reason() != "passkey_needed" {
		t.Errorf("a cookie alone begins an act: %d %s", a.Status, a.Body)
	}
	var home struct {
		Proved bool
		Open   int `json:"proposals_open"`
	}
	if weak.JSON("/", &home); home.Proved {
		t.Errorf("the home page says %+v", home)
	}
}

// TestAnActIsExactlyWhatItsPasskeyApproved tries to do something else than what began.
func TestAnActIsExactlyWhatItsPasskeyApproved(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	second := w.Enter(w.Promote(w.Central(3), directory.Officer))
	target := w.AccountOf(w.Agent(0, network.Adviser, 0))
	subject := map[string]any{"account": target.ID, "reason": "suspicion"}
	begin := func(p *consolekit.Person) (act string, assertion []byte) {
		var begun struct {
			Act     string
			Options json.RawMessage
		}
		p.OK(p.Begin("suspend", subject), &begun)
		assertion, err := p.Key.Assert(w.URL, begun.Options)
		w.Must(err)
		return begun.Act, assertion
	}
	act, _ := begin(officer)
	_, otherAssertion := begin(officer)
	if a := officer.Post("/actes/"+act, json.RawMessage(otherAssertion)); a.Reason() != "passkey_refused" {
		t.Errorf("the answer to another act: %d %s", a.Status, a.Body)
	}
	act, assertion := begin(officer)
	if a := second.Post("/actes/"+act, json.RawMessage(assertion)); a.Reason() != "act_unknown" {
		t.Errorf("somebody else's act: %d %s", a.Status, a.Body)
	}
	act, assertion = begin(officer)
	if a := officer.Post("/actes/"+act, json.RawMessage(assertion)); a.Status != 200 {
		t.Fatalf("the act itself: %d %s", a.Status, a.Body)
	}
	if a := officer.Post("/actes/"+act, json.RawMessage(assertion)); a.Reason() != "act_unknown" {
		t.Errorf("the same act again: %d %s", a.Status, a.Body)
	}
	if a := w.AccountOf(officer.Agent); a.State != directory.Active {
		t.Error("the officer is suspended")
	}
	if a, err := w.DB.Account(w.Ctx, target.ID); err != nil || a.State != directory.Suspended || a.SuspendedBy != officer.Account.ID {
		t.Errorf("the target is %+v, %v", a.State, err)
	}
	if a := officer.Begin("suspend", subject); a.Reason() != "conflict" {
		t.Errorf("a second suspension: %d %s", a.Status, a.Body)
	}
}

// TestRightsAreReadAgainWhenTheActIsDone takes a role away between the two.
func TestRightsAreReadAgainWhenTheActIsDone(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	target := w.AccountOf(w.Agent(0, network.Adviser, 0))
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	officer.OK(officer.Begin("suspend", map[string]any{"account": target.ID, "reason": "suspicion"}), &begun)
	assertion, err := officer.Key.Assert(w.URL, begun.Options)
	w.Must(err)
	w.Promote(officer.Agent, directory.Auditor)
	if a := officer.Post("/actes/"+begun.Act, json.RawMessage(assertion)); a.Status != 403 {
		t.Errorf("without the role: %d %s", a.Status, a.Body)
	}
	if a, err := w.DB.Account(w.Ctx, target.ID); err != nil || a.State != directory.Active {
		t.Errorf("the target is %v, %v", a.State, err)
	}
}
