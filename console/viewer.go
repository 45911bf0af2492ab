package console

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
)

// viewer is who looks at a page or does an act: an active account in one of its sessions.
type viewer struct {
	session signin.Session
	account directory.Account
	known   map[cloison.AccountID]directory.Account // those that a page has read together: see know
}

// network is the roles that see every structure; house those that see their own.
const (
	network = directory.Officer | directory.DPO | directory.Auditor
	house   = directory.Manager | directory.Director
)

func (v viewer) caller() directory.Caller {
	return directory.Caller{Account: v.account.ID, Session: v.session.ID}
}

// has reports whether the viewer has any of these roles.
func (v viewer) has(any directory.Role) bool { return v.account.Roles&any != 0 }

// proved reports whether the viewer's own passkey was shown in this session, from where it is now.
func (v viewer) proved() bool { return !v.session.PasskeyAt.IsZero() }

// sees reports whether the viewer may know of an account: its own, those of its structure when it answers for that, all
// when it answers for the network.
func (v viewer) sees(a directory.Account) bool {
	return a.ID == v.account.ID || v.has(network) || v.has(house) && a.Structure == v.account.Structure
}

// scope is the structure that a list is about: the one asked for as far as the viewer sees it; "" is the network.
func (v viewer) scope(asked cloison.StructureID) cloison.StructureID {
	if v.has(network) {
		return asked
	}
	return v.account.Structure
}

// viewer finds who sent a request. Errors are those of signin, in whose words they are told.
func (c *Console) viewer(r *http.Request) (viewer, error) {
	session, err := c.Signin.Session(r.Context(), r)
	if err != nil {
		return viewer{}, err
	}
	v := viewer{session: session, known: map[cloison.AccountID]directory.Account{}}
	if session.Account == 0 {
		return v, refuse(cloison.Denied, string(signin.NoAccount))
	}
	v.account, err = c.Store.Account(r.Context(), session.Account)
	switch {
	case err != nil:
		return v, err
	case v.account.State != directory.Active:
		return v, refuse(cloison.Denied, string(signin.NotActive))
	}
	return v, nil
}

// seen returns an account that the viewer may know of; NotFound for any other, whether it exists or not.
func (c *Console) seen(ctx context.Context, v viewer, id cloison.AccountID) (directory.Account, error) {
	if a, ok := v.known[id]; ok && v.sees(a) {
		return a, nil
	}
	return c.seenBy(ctx, id, v.sees)
}

// know reads by one query the accounts that a page is going to name, for this request alone. An act, which decides,
// reads each itself.
func (c *Console) know(ctx context.Context, v viewer, ids []cloison.AccountID) error {
	var fresh []cloison.AccountID
	for _, id := range ids {
		if _, ok := v.known[id]; !ok && id != 0 {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	accounts, err := c.Store.AccountsByID(ctx, fresh)
	for _, a := range accounts {
		v.known[a.ID] = a
	}
	return err
}

func (c *Console) seenBy(ctx context.Context, id cloison.AccountID, sees func(directory.Account) bool) (directory.Account, error) {
	if id == 0 {
		return directory.Account{}, notFound()
	}
	a, err := c.Store.Account(ctx, id)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return directory.Account{}, err
	case err != nil, !sees(a):
		return directory.Account{}, notFound()
	}
	return a, nil
}

func notFound() error { return refuse(cloison.NotFound, "not_found") }

// party is an account as a page names it.
type party struct {
	Account   cloison.AccountID   `json:"account,omitzero"` // zero: the operator or the system
	Name      string              `json:"name,omitempty"`   // when the viewer may know it
	Structure cloison.StructureID `json:"structure,omitempty"`
}

func partyOf(a directory.Account) party { return party{a.ID, a.Name.Reveal(), a.Structure} }

// party names an account as far as the viewer may know it.
func (c *Console) party(ctx context.Context, v viewer, id cloison.AccountID) party {
	a, err := c.seen(ctx, v, id)
	if err != nil {
		return party{Account: id}
	}
	return partyOf(a)
}
