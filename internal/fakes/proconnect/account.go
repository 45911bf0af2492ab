package proconnect

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"sync"

	"cloison/internal/demo/network"
)

// Account is an agent at an identity provider, with what that provider says of a login there.
type Account struct {
	Email, Given, Usual string
	SIRET, Organization string
	IdP                 string   // idp_id
	Sub                 string   // empty: network.Subject(IdP, Email)
	Password            string   // empty: any password is right
	Key                 string   // what the provider's own second factor answers; empty: it is not asked
	Amr                 []string // of a complete login; empty: pwd
	Acr                 string   // of a complete login; empty: eidas1
	MailCode            bool     // ProConnect completes a login without second factor by a code sent by e-mail
	Blocked             bool     // error Y500024
}

// Organization is a body whose e-mail domain ProConnect Identité has approved: whoever reads mail there is linked to
// it.
type Organization struct{ SIRET, Label string }

// FromNetwork gives the agents of a synthetic network their accounts: with ProConnect Identité, a password and then a
// code by e-mail; with a body's own provider, a password and a key.
func FromNetwork(n *network.Network) (accounts func(string) (Account, bool), organizations func(string) (Organization, bool)) {
	byDomain := make(map[string]network.Structure, n.Structures()+1)
	for i := range n.Structures() + 1 {
		s := n.Structure(i)
		byDomain[s.Domain] = s
	}
	accounts = func(email string) (Account, bool) {
		i, ok := n.AgentByEmail(email)
		if !ok {
			return Account{}, false
		}
		a := n.Agent(i)
		s := n.Structure(a.Structure)
		account := Account{Email: a.Email, Given: a.Given, Usual: a.Surname, SIRET: s.SIRET, Organization: s.Label, IdP: a.IdP,
			Sub: a.Sub, Password: a.Password, Key: a.Key, Amr: []string{"pwd"}, Acr: "eidas1", MailCode: true}
		if a.Key != "" {
			account.Amr, account.Acr, account.MailCode = []string{"pwd", "pop", "mfa"}, "eidas2", false
		}
		return account, true
	}
	organizations = func(domain string) (Organization, bool) {
		s, ok := byDomain[domain]
		return Organization{s.SIRET, s.Label}, ok
	}
	return accounts, organizations
}

// normal fills the defaults of an account.
func (a Account) normal() Account {
	if a.IdP == "" {
		a.IdP = network.IdentiteProvider
	}
	if a.Sub == "" {
		a.Sub = network.Subject(a.IdP, a.Email)
	}
	if len(a.Amr) == 0 {
		a.Amr = []string{"pwd"}
	}
	if a.Acr == "" {
		a.Acr = "eidas1"
	}
	return a
}

// people is the accounts and their mail.
type people struct {
	lookup func(string) (Account, bool)

	mu    sync.Mutex
	added map[string]Account // by folded e-mail
	codes map[string]string  // last code sent, by folded e-mail
}

func newPeople(lookup func(string) (Account, bool)) *people {
	return &people{lookup: lookup, added: make(map[string]Account), codes: make(map[string]string)}
}

// find returns the account of an address; one that was added hides the one that was there before.
func (p *people) find(email string) (Account, bool) {
	email = strings.ToLower(strings.TrimSpace(email))
	p.mu.Lock()
	a, ok := p.added[email]
	p.mu.Unlock()
	if !ok && p.lookup != nil {
		a, ok = p.lookup(email)
	}
	return a.normal(), ok
}

func (p *people) add(a Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.added[strings.ToLower(a.Email)] = a
}

// send makes a new code of six digits and puts it in the mailbox.
func (p *people) send(email string) string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	code := fmt.Sprintf("%06d", n)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[strings.ToLower(email)] = code
	return code
}

func (p *people) codeFor(email string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	code, ok := p.codes[strings.ToLower(strings.TrimSpace(email))]
	return code, ok
}

// Add adds an account, or replaces the one of that address: the same address at another identity provider gets another
// sub, a blocked account is refused from now on.
func (p *Provider) Add(a Account) { p.storage.people.add(a) }

// CodeFor returns the last code that was sent to the address: whoever can read the mailbox can read it.
func (p *Provider) CodeFor(email string) (string, bool) { return p.storage.people.codeFor(email) }
