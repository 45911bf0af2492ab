package desk_test

import (
	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// meets is how the account meets the person now; empty when it does not.
func meets(w *consolekit.World, p *consolekit.Person, ref cloison.PersonRef) string {
	w.Helper()
	all, err := w.Explanations.Explanations(w.Ctx, p.Account.ID, time.Now().Add(time.Second))
	w.Must(err)
	return string(all[ref].Means)
}

// asked is the latest request of the account.
func asked(w *consolekit.World, p *consolekit.Person) explanation.Request {
	w.Helper()
	list, err := w.DB.Requests(w.Ctx, explanation.RequestQuery{By: p.Account.ID})
	w.Must(err)
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
	w := consolekit.New(t)
	reception, adviser := w.Enter(w.Agent(0, network.Reception, 0)), w.Enter(w.Agent(0, network.Adviser, 0))
	colleague := w.Enter(w.Agent(0, network.Adviser, 1))
	absent := w.AccountOf(w.Agent(0, network.Adviser, 2))

	page := reception.Form("/actes", "verb", "visit", "person", "hors-1", "adviser", adviser.Account.ID.String())
	if meets(w, adviser, "hors-1") != "" || !strings.Contains(page.Body, "hors-1") {
		t.Error("a visit opens before the gesture, or the gesture's page does not say for whom")
	}
	if done := reception.Gesture(page); done.Status != 200 || meets(w, adviser, "hors-1") != "visit" {
		t.Errorf("a visit: %d %q", done.Status, meets(w, adviser, "hors-1"))
	}
	if view := reception.Get("/accueil-public", "text/html"); !strings.Contains(view.Body, "hors-1") {
		t.Error("the reception does not see its visit")
	}

	if done := adviser.Gesture(adviser.Form("/dossier", "verb", "code", "person", "hors-2", "code", "0000 0000")); done.Status != http.StatusForbidden ||
		meets(w, adviser, "hors-2") != "" || !strings.Contains(done.Body, `class="button" href="/dossier"`) {
		t.Errorf("a wrong code: %d", done.Status)
	}
	code, _, err := w.Codes.Code("hors-2", time.Now())
	w.Must(err)
	typed := code.Reveal()[:4] + " " + code.Reveal()[4:]
	if done := adviser.Gesture(adviser.Form("/actes", "verb", "code", "person", "hors-2", "code", typed)); done.Status != 200 || meets(w, adviser, "hors-2") != "code" {
		t.Errorf("a code: %d %q", done.Status, meets(w, adviser, "hors-2"))
	}
	if done := colleague.Gesture(colleague.Form("/actes", "verb", "code", "person", "hors-2", "code", typed)); done.Status != http.StatusForbidden ||
		meets(w, colleague, "hors-2") != "" {
		t.Errorf("the same code by another adviser: %d", done.Status)
	}

	var theirs cloison.PersonRef // of the absent colleague alone: some persons have two advisers
	for _, ref := range w.Caseload(absent.ID, 20) {
		if meets(w, adviser, ref) == "" {
			theirs = ref
		}
	}
	adviser.Gesture(adviser.Form("/actes", "verb", "ask_cover", "of", absent.ID.String(), "asked", colleague.Account.ID.String(),
		"until", time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04")))
	if meets(w, adviser, theirs) != "" {
		t.Error("asking opens the caseload")
	}
	if done := colleague.Gesture(colleague.Form("/actes", request("confirm", asked(w, adviser))...)); done.Status != 200 || meets(w, adviser, theirs) != "cover" {
		t.Errorf("a cover: %d %q", done.Status, meets(w, adviser, theirs))
	}

	glass := []string{"verb", "break_glass", "person", "hors-3", "reason", "Une mère appelle de l’hôpital", "asked", colleague.Account.ID.String()}
	adviser.Gesture(adviser.Form("/actes", glass...))
	declined := asked(w, adviser)
	colleague.Gesture(colleague.Form("/actes", request("decline", declined)...))
	if again := colleague.Form("/actes", request("confirm", declined)...); again.Status < 400 || asked(w, adviser).State != explanation.Declined {
		t.Errorf("confirmed after it was declined: %d %s", again.Status, asked(w, adviser).State)
	}
	adviser.Gesture(adviser.Form("/actes", glass...))
	adviser.Gesture(adviser.Form("/actes", request("decline", asked(w, adviser))...))
	if asked(w, adviser).State != explanation.Withdrawn || meets(w, adviser, "hors-3") != "" {
		t.Errorf("taken back: %s", asked(w, adviser).State)
	}
	adviser.Gesture(adviser.Form("/actes", glass...))
	if done := colleague.Gesture(colleague.Form("/actes", request("confirm", asked(w, adviser))...)); done.Status != 200 || meets(w, adviser, "hors-3") != "break_glass" {
		t.Errorf("a break-glass: %d %q", done.Status, meets(w, adviser, "hors-3"))
	}
	director := w.Enter(w.Agent(0, network.Director, 0))
	if view := director.Get("/bris-de-glace", "text/html"); !strings.Contains(view.Body, adviser.Account.Name.Reveal()) || strings.Contains(view.Body, "hors-3") {
		t.Error("the director is not told who broke the glass, or is told whose file it is")
	}
}

// TestTheDeskIsNotFooled answers what is another's, answers twice, answers for another site, and writes markup into a
// reason.
func TestTheDeskIsNotFooled(t *testing.T) {
	w := consolekit.New(t)
	adviser, colleague, other := w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Agent(0, network.Adviser, 1)), w.Enter(w.Agent(0, network.Adviser, 2))
	stranger := w.Enter(w.Agent(1, network.Adviser, 0))
	ask := func(person string) explanation.Request {
		adviser.Gesture(adviser.Form("/actes", "verb", "break_glass", "person", person, "reason", consolekit.Evil+" \u202egnp.exe", "asked", colleague.Account.ID.String()))
		return asked(w, adviser)
	}
	r := ask("<i>hors</i>")
	pages := []consolekit.Answer{colleague.Get("/confirmations", "text/html"), colleague.Form("/actes", request("confirm", r)...), adviser.Get("/dossier", "text/html")}
	for _, page := range pages {
		if page.Status != 200 || strings.Contains(page.Body, "<script src=//") || strings.Contains(page.Body, "<img") || strings.Contains(page.Body, "<i>hors") ||
			strings.Contains(page.Body, "\u202e") {
			t.Errorf("%s shows a reason as markup: %d %s", page.URL, page.Status, page.Body)
		}
	}
	if !strings.Contains(pages[0].Body, "voleur.example") {
		t.Error("the colleague is not shown the reason")
	}

	// Whose request it is not does not know of it, and learns nothing from the answers.
	made := explanation.Request{ID: cloison.NewActID(), Version: 1}
	for _, p := range []*consolekit.Person{other, stranger} {
		for _, verb := range []string{"confirm", "decline"} {
			real, invented := p.Form("/actes", request(verb, r)...), p.Form("/actes", request(verb, made)...)
			if real.Status != http.StatusNotFound || invented.Status != real.Status {
				t.Errorf("%s of another's request: %d, of none: %d", verb, real.Status, invented.Status)
			}
		}
		if strings.Contains(p.Get("/confirmations", "application/json").Body, r.ID.String()) {
			t.Error("another's request is listed")
		}
	}
	if own := adviser.Form("/actes", request("confirm", r)...); own.Status != http.StatusForbidden {
		t.Errorf("one's own request: %d", own.Status)
	}
	stale := r
	stale.Version++
	if a := colleague.Form("/actes", request("confirm", stale)...); a.Status < 400 {
		t.Errorf("a version that nobody was shown: %d", a.Status)
	}

	// Another site's form, with the colleague's cookie.
	q, err := http.NewRequest(http.MethodPost, w.URL+"/actes", strings.NewReader("verb=confirm&version=1&request="+r.ID.String()))
	w.Must(err)
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := colleague.Send(q); a.Status != http.StatusForbidden {
		t.Errorf("another site's form: %d", a.Status)
	}

	// Two pages open, both answered: the second gesture finds the request decided. And one gesture sent twice.
	first, second := colleague.Form("/actes", request("confirm", r)...), colleague.Form("/actes", request("confirm", r)...)
	if done := colleague.Gesture(first); done.Status != 200 {
		t.Errorf("confirming: %d %s", done.Status, done.Body)
	}
	if done := colleague.Gesture(second); done.Status < 400 {
		t.Errorf("confirming again: %d", done.Status)
	}
	if done := colleague.Gesture(first); done.Status < 400 {
		t.Errorf("a gesture again: %d", done.Status)
	}
	// Suspended between the form and the gesture.
	late := ask("hors-4")
	page := colleague.Form("/actes", request("confirm", late)...)
	a, err := w.DB.Account(w.Ctx, adviser.Account.ID)
	w.Must(err)
	a.State = directory.Suspended
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	if done := colleague.Gesture(page); done.Status < 400 || meets(w, adviser, "hors-4") != "" {
		t.Errorf("confirmed to a suspended account: %d", done.Status)
	}
}
