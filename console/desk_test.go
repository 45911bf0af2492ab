package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/demo/network"
)

// meets is how the account meets the person now; empty when it does not.
func (w *world) meets(p *person, ref cloison.PersonRef) string {
	w.Helper()
	all, err := w.explanations.Explanations(w.ctx, p.account.ID, time.Now().Add(time.Second))
	w.must(err)
	return string(all[ref].Means)
}

// asked is the latest request of the account.
func (w *world) asked(p *person) explanation.Request {
	w.Helper()
	list, err := w.db.Requests(w.ctx, explanation.RequestQuery{By: p.account.ID})
	w.must(err)
	if len(list) == 0 {
		w.Fatal("nothing was asked")
	}
	return list[0]
}

// request is the fields of the forms that answer it.
func request(verb string, r explanation.Request) []string {
	return []string{"verb", verb, "request", r.ID.String(), "version", strconv.FormatInt(r.Version, 10)}
}

// TestTheDeskByForms walks the day's explanations as a person does who clicks, each form of the pages sent as it is.
func TestTheDeskByForms(t *testing.T) {
	w := newWorld(t)
	reception, adviser := w.enter(w.agent(0, network.Reception, 0)), w.enter(w.agent(0, network.Adviser, 0))
	colleague := w.enter(w.agent(0, network.Adviser, 1))
	absent := w.accountOf(w.agent(0, network.Adviser, 2))

	page := reception.form("/actes", "verb", "visit", "person", "hors-1", "adviser", adviser.account.ID.String())
	if w.meets(adviser, "hors-1") != "" || !strings.Contains(page.body, "hors-1") {
		t.Error("a visit opens before the gesture, or the gesture's page does not say for whom")
	}
	if done := reception.gesture(page); done.status != 200 || w.meets(adviser, "hors-1") != "visit" {
		t.Errorf("a visit: %d %q", done.status, w.meets(adviser, "hors-1"))
	}
	if view := reception.get("/accueil-public", "text/html"); !strings.Contains(view.body, "hors-1") {
		t.Error("the reception does not see its visit")
	}

	if done := adviser.gesture(adviser.form("/dossier", "verb", "code", "person", "hors-2", "code", "0000 0000")); done.status != http.StatusForbidden ||
		w.meets(adviser, "hors-2") != "" || !strings.Contains(done.body, `class="button" href="/dossier"`) {
		t.Errorf("a wrong code: %d", done.status)
	}
	code, _, err := w.codes.Code("hors-2", time.Now())
	w.must(err)
	typed := code.Reveal()[:4] + " " + code.Reveal()[4:]
	if done := adviser.gesture(adviser.form("/actes", "verb", "code", "person", "hors-2", "code", typed)); done.status != 200 || w.meets(adviser, "hors-2") != "code" {
		t.Errorf("a code: %d %q", done.status, w.meets(adviser, "hors-2"))
	}
	if done := colleague.gesture(colleague.form("/actes", "verb", "code", "person", "hors-2", "code", typed)); done.status != http.StatusForbidden ||
		w.meets(colleague, "hors-2") != "" {
		t.Errorf("the same code by another adviser: %d", done.status)
	}

	var theirs cloison.PersonRef // of the absent colleague alone: some persons have two advisers
	for _, ref := range w.caseload(absent.ID, 20) {
		if w.meets(adviser, ref) == "" {
			theirs = ref
		}
	}
	adviser.gesture(adviser.form("/actes", "verb", "ask_cover", "of", absent.ID.String(), "asked", colleague.account.ID.String(),
		"until", time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04")))
	if w.meets(adviser, theirs) != "" {
		t.Error("asking opens the caseload")
	}
	if done := colleague.gesture(colleague.form("/actes", request("confirm", w.asked(adviser))...)); done.status != 200 || w.meets(adviser, theirs) != "cover" {
		t.Errorf("a cover: %d %q", done.status, w.meets(adviser, theirs))
	}

	glass := []string{"verb", "break_glass", "person", "hors-3", "reason", "Une mère appelle de l’hôpital", "asked", colleague.account.ID.String()}
	adviser.gesture(adviser.form("/actes", glass...))
	declined := w.asked(adviser)
	colleague.gesture(colleague.form("/actes", request("decline", declined)...))
	if again := colleague.form("/actes", request("confirm", declined)...); again.status < 400 || w.asked(adviser).State != explanation.Declined {
		t.Errorf("confirmed after it was declined: %d %s", again.status, w.asked(adviser).State)
	}
	adviser.gesture(adviser.form("/actes", glass...))
	adviser.gesture(adviser.form("/actes", request("decline", w.asked(adviser))...))
	if w.asked(adviser).State != explanation.Withdrawn || w.meets(adviser, "hors-3") != "" {
		t.Errorf("taken back: %s", w.asked(adviser).State)
	}
	adviser.gesture(adviser.form("/actes", glass...))
	if done := colleague.gesture(colleague.form("/actes", request("confirm", w.asked(adviser))...)); done.status != 200 || w.meets(adviser, "hors-3") != "break_glass" {
		t.Errorf("a break-glass: %d %q", done.status, w.meets(adviser, "hors-3"))
	}
	director := w.enter(w.agent(0, network.Director, 0))
	if view := director.get("/bris-de-glace", "text/html"); !strings.Contains(view.body, adviser.account.Name.Reveal()) || strings.Contains(view.body, "hors-3") {
		t.Error("the director is not told who broke the glass, or is told whose file it is")
	}
}

// TestTheDeskIsNotFooled answers what is another's, answers twice, answers for another site, and writes markup into a
// reason.
func TestTheDeskIsNotFooled(t *testing.T) {
	w := newWorld(t)
	adviser, colleague, other := w.enter(w.agent(0, network.Adviser, 0)), w.enter(w.agent(0, network.Adviser, 1)), w.enter(w.agent(0, network.Adviser, 2))
	stranger := w.enter(w.agent(1, network.Adviser, 0))
	ask := func(person string) explanation.Request {
		adviser.gesture(adviser.form("/actes", "verb", "break_glass", "person", person, "reason", evil+" \u202egnp.exe", "asked", colleague.account.ID.String()))
		return w.asked(adviser)
	}
	r := ask("<i>hors</i>")
	pages := []answer{colleague.get("/confirmations", "text/html"), colleague.form("/actes", request("confirm", r)...), adviser.get("/dossier", "text/html")}
	for _, page := range pages {
		if page.status != 200 || strings.Contains(page.body, "<script src=//") || strings.Contains(page.body, "<img") || strings.Contains(page.body, "<i>hors") ||
			strings.Contains(page.body, "\u202e") {
			t.Errorf("%s shows a reason as markup: %d %s", page.url, page.status, page.body)
		}
	}
	if !strings.Contains(pages[0].body, "voleur.example") {
		t.Error("the colleague is not shown the reason")
	}

	// Whose request it is not does not know of it, and learns nothing from the answers.
	made := explanation.Request{ID: cloison.NewActID(), Version: 1}
	for _, p := range []*person{other, stranger} {
		for _, verb := range []string{"confirm", "decline"} {
			real, invented := p.form("/actes", request(verb, r)...), p.form("/actes", request(verb, made)...)
			if real.status != http.StatusNotFound || invented.status != real.status {
				t.Errorf("%s of another's request: %d, of none: %d", verb, real.status, invented.status)
			}
		}
		if strings.Contains(p.get("/confirmations", "application/json").body, r.ID.String()) {
			t.Error("another's request is listed")
		}
	}
	if own := adviser.form("/actes", request("confirm", r)...); own.status != http.StatusForbidden {
		t.Errorf("one's own request: %d", own.status)
	}
	stale := r
	stale.Version++
	if a := colleague.form("/actes", request("confirm", stale)...); a.status < 400 {
		t.Errorf("a version that nobody was shown: %d", a.status)
	}

	// Another site's form, with the colleague's cookie.
	q, err := http.NewRequest(http.MethodPost, w.url+"/actes", strings.NewReader("verb=confirm&version=1&request="+r.ID.String()))
	w.must(err)
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := colleague.send(q); a.status != http.StatusForbidden {
		t.Errorf("another site's form: %d", a.status)
	}

	// Two pages open, both answered: the second gesture finds the request decided. And one gesture sent twice.
	first, second := colleague.form("/actes", request("confirm", r)...), colleague.form("/actes", request("confirm", r)...)
	if done := colleague.gesture(first); done.status != 200 {
		t.Errorf("confirming: %d %s", done.status, done.body)
	}
	if done := colleague.gesture(second); done.status < 400 {
		t.Errorf("confirming again: %d", done.status)
	}
	if done := colleague.gesture(first); done.status < 400 {
		t.Errorf("a gesture again: %d", done.status)
	}
	// Suspended between the form and the gesture.
	late := ask("hors-4")
	page := colleague.form("/actes", request("confirm", late)...)
	a, err := w.db.Account(w.ctx, adviser.account.ID)
	w.must(err)
	a.State = directory.Suspended
	w.must(w.db.UpdateAccount(w.ctx, a))
	if done := colleague.gesture(page); done.status < 400 || w.meets(adviser, "hors-4") != "" {
		t.Errorf("confirmed to a suspended account: %d", done.status)
	}
}
