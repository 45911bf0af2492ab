package demo

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/drill"
	"cloison/internal/fakes/softkey"
)

// DrillWorld casts the drill: a manager and an accomplice with their keys, an officer who observes, two identities to
// come.
func (w *World) DrillWorld(ctx context.Context) (drill.World, error) {
	structure := w.MailStructure(0)
	people, err := w.Cast(ctx, structure, network.Manager, network.Approver, network.Officer, network.Adviser, network.Director)
	if err != nil {
		return drill.World{}, err
	}
	for role, p := range people {
		p.Key = softkey.New()
		code, err := w.App.Approvals.IssueCode(ctx, p.Account.ID, false)
		if err != nil {
			return drill.World{}, err
		}
		if err := drill.Enrol(ctx, w.URLs[Console], w.Actor(p), code); err != nil {
			return drill.World{}, fmt.Errorf("the %s cannot enrol: %w", role, err)
		}
		people[role] = p
	}
	stage := drill.World{
		Console: w.URLs[Console], Tool: w.URLs[Tool], Bare: w.URLs[Bare], SignUp: w.URLs[Provider] + "/api/v2/inscription",
		Persons: int64(w.Network.Persons()), BareTime: drill.BareTime, BarePersons: drill.BarePersons,
		Manager: w.Actor(people[network.Manager]), Accomplice: w.Actor(people[network.Approver]), Officer: w.Actor(people[network.Officer]),
		Victim: w.Actor(people[network.Adviser]), Witness: w.Actor(people[network.Director]),
		Subject: func(email string) string { return network.Subject(network.IdentiteProvider, email) },
		Train:   w.Attest,
	}
	domain := w.Network.Structure(structure).Domain
	for _, local := range []string{"camille.exemple", "dominique.exemple"} {
		email := local + "@" + domain
		stage.Rogues = append(stage.Rogues, drill.Actor{Email: email, Password: "mot de passe du voleur",
			Mailbox: func(context.Context) (string, error) { return w.Code(email) }})
	}
	for i := range w.Network.Structures() {
		stage.Communes = append(stage.Communes, w.Network.Structure(i).Commune)
	}
	return stage, nil
}

// SecondFactor says where the person finds what the provider asks for after the password.
func (w *World) SecondFactor(a network.Agent) string {
	if a.Key != "" {
		return a.Key + "   (what the key of the provider answers)"
	}
	return "the code at " + w.URLs[Provider] + "/api/v2/boite?email=" + url.QueryEscape(a.Email) + "   (the mailbox)"
}

// Stranger is a person of the structure whom the account does not meet.
func (w *World) Stranger(ctx context.Context, structure int, account directory.Account) (cloison.PersonRef, error) {
	met, err := w.App.Explanations.Explanations(ctx, account.ID, w.Now())
	if err != nil {
		return "", err
	}
	for lo, hi := w.Network.Members(structure); lo < hi; lo++ {
		ref := cloison.PersonRef(w.Network.ID(lo))
		if _, ok := met[ref]; !ok {
			return ref, nil
		}
	}
	return "", cloison.Errorf(cloison.Internal, "the adviser meets the whole structure")
}

// Sealed waits until every row is under a signed checkpoint, which takes at most two seconds.
func (w *World) Sealed(ctx context.Context) error {
	for deadline := time.Now().Add(20 * time.Second); ; {
		gate, err := w.App.Store.Gate(ctx)
		if err != nil {
			return err
		}
		mark, err := w.App.Store.Sealed(ctx)
		if err != nil || mark.Seq == gate.NextSeq-1 {
			return err
		}
		if time.Now().After(deadline) {
			return cloison.Errorf(cloison.Unavailable, "%d rows are not sealed after 20 s", gate.NextSeq-1-mark.Seq)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Person is one of the demo's people: who they are at the provider, and the account.
type Person struct {
	Role    string
	Agent   network.Agent
	Account directory.Account
	Key     *softkey.Key
}

// Cast picks the people of the drill and of the visit from two structures and the network's own body. A structure whose
// agents sign in with a code by e-mail is chosen: that is where December came in.
func (w *World) Cast(ctx context.Context, structure int, roles ...network.Role) (map[network.Role]Person, error) {
	people := map[network.Role]Person{}
	for _, role := range roles {
		at := structure
		if role == network.Approver || role == network.Officer {
			at = w.Network.Structures()
		}
		a, ok := w.Network.AgentWith(at, role)
		if !ok {
			return nil, cloison.Errorf(cloison.Internal, "nobody is %s in structure %d", role, at)
		}
		account, err := w.App.Directory.AccountOf(ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
		if err != nil {
			return nil, err
		}
		people[role] = Person{Role: string(role), Agent: a, Account: account}
	}
	return people, nil
}

// MailStructure returns the nth structure whose manager signs in by password and e-mail code.
func (w *World) MailStructure(nth int) int {
	for i := range w.Network.Structures() {
		if a, ok := w.Network.AgentWith(i, network.Manager); ok && a.Key == "" {
			if nth--; nth < 0 {
				return i
			}
		}
	}
	return 0
}

// Actor is the person as a drill knows it.
func (w *World) Actor(p Person) drill.Actor {
	return drill.Actor{Email: p.Agent.Email, Password: cloison.Secret(p.Agent.Password), Key: p.Key, Mailbox: w.mailbox(p.Agent)}
}

// mailbox reads what the provider sent; for a provider with a factor of its own it is what that factor answers.
func (w *World) mailbox(a network.Agent) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if a.Key != "" {
			return a.Key, nil
		}
		return w.Code(a.Email)
	}
}

func (w *World) Code(email string) (string, error) {
	code, ok := w.Provider.CodeFor(email)
	if !ok {
		return "", cloison.Errorf(cloison.NotFound, "no code was sent")
	}
	return code, nil
}
