package web

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
)

// Viewer is the account that looks at a page or does an act, active, in one of its sessions.
type Viewer struct {
	Session signin.Session
	Account directory.Account
	known   map[cloison.AccountID]directory.Account // those that a page has read together: see Know
}

// NetworkRoles is the roles that see every structure; StructureRoles those that see their own. Readers is the roles that a
// file can be opened to; Confirmers the roles that may be asked to confirm.
const (
	NetworkRoles   = directory.Officer | directory.DPO | directory.Auditor
	StructureRoles = directory.Manager | directory.Director
	Readers        = directory.Adviser | directory.Reception
	Confirmers     = Readers | StructureRoles
)

// Caller is the viewer as the stages know it.
func (v Viewer) Caller() cloison.Caller {
	return cloison.Caller{Account: v.Account.ID, Session: v.Session.ID}
}

// Has reports whether the viewer has any of these roles.
func (v Viewer) Has(any directory.Role) bool { return v.Account.Roles&any != 0 }

// Proved reports whether the viewer's own passkey was shown in this session, from where it is now.
func (v Viewer) Proved() bool { return !v.Session.PasskeyAt.IsZero() }

// Sees reports whether the viewer may know of an account: its own, those of its structure when it answers for that, all
// when it answers for the network.
func (v Viewer) Sees(a directory.Account) bool {
	return a.ID == v.Account.ID || v.Has(NetworkRoles) || v.Has(StructureRoles) && a.Structure == v.Account.Structure
}

// Colleague reports whether an account is of the viewer's own structure: colleagues know each other.
func (v Viewer) Colleague(a directory.Account) bool { return a.Structure == v.Account.Structure }

// Scope is the structure that a list is about: the one asked for as far as the viewer sees it; "" is the network.
func (v Viewer) Scope(asked cloison.StructureID) cloison.StructureID {
	if v.Has(NetworkRoles) {
		return asked
	}
	return v.Account.Structure
}

// Viewer finds the account that sent a request. Errors are those of signin.
func (s *Site) Viewer(r *http.Request) (Viewer, error) {
	session, err := s.Signin.Session(r.Context(), r)
	if err != nil {
		return Viewer{}, err
	}
	v := Viewer{Session: session, known: map[cloison.AccountID]directory.Account{}}
	if session.Account == 0 {
		return v, Refuse(cloison.Denied, Reason(refusal.NoAccount))
	}
	v.Account, err = s.Accounts.Account(r.Context(), session.Account)
	switch {
	case err != nil:
		return v, err
	case v.Account.State != directory.Active:
		return v, Refuse(cloison.Denied, Reason(refusal.NotActive))
	}
	return v, nil
}

// ProvedViewer is the viewer of a request that changes something.
func (s *Site) ProvedViewer(r *http.Request) (Viewer, error) {
	v, err := s.Viewer(r)
	if err == nil && !v.Proved() {
		err = Refuse(cloison.Denied, Reason(refusal.PasskeyNeeded))
	}
	return v, err
}

// Seen returns an account that the viewer may know of; NotFound for any other, whether it exists or not.
func (s *Site) Seen(ctx context.Context, v Viewer, id cloison.AccountID) (directory.Account, error) {
	if a, ok := v.known[id]; ok && v.Sees(a) {
		return a, nil
	}
	return s.SeenBy(ctx, id, v.Sees)
}

// Known returns an account that was read by Know.
func (v Viewer) Known(id cloison.AccountID) (directory.Account, bool) {
	a, ok := v.known[id]
	return a, ok
}

// Know reads by one query the accounts that a page is going to name, for this request alone. An act, which decides,
// reads each itself.
func (s *Site) Know(ctx context.Context, v Viewer, ids []cloison.AccountID) error {
	var fresh []cloison.AccountID
	for _, id := range ids {
		if _, ok := v.known[id]; !ok && id != 0 {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	accounts, err := s.Accounts.AccountsByID(ctx, fresh)
	for _, a := range accounts {
		v.known[a.ID] = a
	}
	return err
}

// SeenBy is Seen under another rule of who may know of whom.
func (s *Site) SeenBy(ctx context.Context, id cloison.AccountID, sees func(directory.Account) bool) (directory.Account, error) {
	if id == 0 {
		return directory.Account{}, NotFound()
	}
	a, err := s.Accounts.Account(ctx, id)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return directory.Account{}, err
	case err != nil, !sees(a):
		return directory.Account{}, NotFound()
	}
	return a, nil
}

// NotFound is the answer for what is not there and for what the viewer may not know of.
func NotFound() error { return Refuse(cloison.NotFound, "not_found") }
