package proconnect

import (
	"net/http"
	"strings"

	"cloison/internal/demo/network"
)

// showSignUp is the first page of ProConnect Identité's sign-up.
func (l *login) showSignUp(w http.ResponseWriter, r *http.Request) {
	l.pages.show(w, r, http.StatusOK, "inscription", form{Email: r.FormValue("email")})
}

// signUp makes an account for whoever reads mail at an address of an approved domain. ProConnect Identité links it to
// the body at once and asks nobody there: a siret claim is no proof of employment.
func (l *login) signUp(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	people := l.provider.storage.people
	email := strings.TrimSpace(r.PostFormValue("email"))
	f := form{Email: email}
	local, _, _ := strings.Cut(email, "@")
	var body Organization
	approved := false
	if local != "" && l.provider.opts.Organizations != nil {
		body, approved = l.provider.opts.Organizations(domain(email))
	}
	if !approved {
		f.Error = "Le domaine de cette adresse n’est celui d’aucune organisation."
		l.pages.show(w, r, http.StatusOK, "inscription", f)
		return
	}
	f.Organization = body.Label
	if _, exists := people.find(email); exists {
		f.Error = "Cette adresse a déjà un compte."
		l.pages.show(w, r, http.StatusOK, "inscription", f)
		return
	}
	code := strings.TrimSpace(r.PostFormValue("code"))
	if code == "" {
		people.send(email)
		l.pages.show(w, r, http.StatusOK, "inscription2", f)
		return
	}
	sent, ok := people.codeFor(email)
	if !ok || !same(code, sent) {
		people.send(email) // a wrong code burns the right one
		f.Error = "Code incorrect ; un nouveau code vient de vous être envoyé."
		l.pages.show(w, r, http.StatusOK, "inscription2", f)
		return
	}
	given, usual, password := r.PostFormValue("given_name"), r.PostFormValue("usual_name"), r.PostFormValue("password")
	if given == "" || usual == "" || len(password) < 12 {
		f.Error = "Il faut un prénom, un nom et un mot de passe d’au moins 12 caractères."
		l.pages.show(w, r, http.StatusOK, "inscription2", f)
		return
	}
	people.add(Account{Email: email, Given: given, Usual: usual, SIRET: body.SIRET, Organization: body.Label,
		IdP: network.IdentiteProvider, Password: password, MailCode: true})
	l.pages.show(w, r, http.StatusCreated, "inscrit", f)
}

// mailbox shows the last code that was sent to an address.
func (l *login) mailbox(w http.ResponseWriter, r *http.Request) {
	f := form{Email: r.FormValue("email")}
	f.Code, _ = l.provider.CodeFor(f.Email)
	l.pages.show(w, r, http.StatusOK, "boite", f)
}
