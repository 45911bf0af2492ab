package web

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// AccountView is an account as those see it who may know of it.
type AccountView struct {
	ID             cloison.AccountID   `json:"id"`
	Name           string              `json:"name"`
	Email          string              `json:"email"`
	Structure      cloison.StructureID `json:"structure"`
	Roles          []string            `json:"roles"`
	State          string              `json:"state"`
	ProbationUntil time.Time           `json:"probation_until,omitzero"` // when it is not over
	AwarenessUntil time.Time           `json:"awareness_until,omitzero"`
	LastSeen       time.Time           `json:"last_seen,omitzero"`
}

// AccountView is an account as a page shows it.
func (s *Site) AccountView(a directory.Account) AccountView {
	v := AccountView{ID: a.ID, Name: a.Name.Reveal(), Email: a.Email.Reveal(), Structure: a.Structure, Roles: a.Roles.Names(), State: a.State.String(),
		AwarenessUntil: a.AwarenessUntil, LastSeen: a.LastSeen}
	if a.OnProbation(s.Now()) {
		v.ProbationUntil = a.ProbationUntil
	}
	return v
}

// Party is an account as a page names it.
type Party struct {
	Account   cloison.AccountID   `json:"account,omitzero"` // zero: the operator or the system
	Name      string              `json:"name,omitempty"`   // when the viewer may know it
	Structure cloison.StructureID `json:"structure,omitempty"`
}

// PartyOf names an account.
func PartyOf(a directory.Account) Party { return Party{a.ID, a.Name.Reveal(), a.Structure} }

// Party names an account as far as the viewer may know it.
func (s *Site) Party(ctx context.Context, v Viewer, id cloison.AccountID) Party {
	a, err := s.Seen(ctx, v, id)
	if err != nil {
		return Party{Account: id}
	}
	return PartyOf(a)
}
