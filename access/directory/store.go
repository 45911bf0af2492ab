package directory

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger/journal"
)

// Store keeps structures, accounts, proposals and explanations. Each method is one transaction, durable when it
// returns nil. Every method that changes what a disclosure is decided on (accounts, explanations) also advances the
// ledger's fence in the same transaction, so that no disclosure decided before it can commit after it. Methods are
// safe for concurrent use by several processes. Errors carry a cloison.Kind: NotFound, Conflict (it exists already),
// Stale (Version differs from the stored one: read and decide again), Unavailable.
type Store interface {
	Account(ctx context.Context, id cloison.AccountID) (Account, error)
	AccountByBinding(ctx context.Context, b Binding) (Account, error)
	// AccountsByEmail returns the accounts with that address, whatever the case of its ASCII letters; none is no error.
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]Account, error)
	// Accounts lists by structure ("" is all), ordered by structure then id, after the given id, at most limit.
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]Account, error)
	// FindAccounts lists the accounts of a search.
	FindAccounts(ctx context.Context, s Search) ([]Account, error)
	// Members returns of every account of a structure ("" is all) what its blast radius is made of, by id.
	Members(ctx context.Context, structure cloison.StructureID) ([]Member, error)
	// UpdateAccount replaces the account if its stored version is a.Version, and stores a.Version+1; else Stale. A
	// binding that another account holds is a Conflict. When a.State is not Active it also ends the account's
	// sessions and their presence leases, so that a later reinstatement wakes none of them. LastSeen never goes back.
	UpdateAccount(ctx context.Context, a Account) error
	// SuspendLeaver is UpdateAccount if fewer than the given numbers of accounts stand suspended since then: by
	// machines, of a.Structure, and by a.SuspendedBy, of any; else Denied.
	SuspendLeaver(ctx context.Context, a Account, since time.Time, maxStructure, maxSource int) error
	// AmendAccount is UpdateAccount; it keeps for thirty days the address that the account had, if that is another one
	// than a.Email.
	AmendAccount(ctx context.Context, a Account, at time.Time) error
	// TouchAccount moves LastSeen of an Active account forward to at, unless it moved within the hour before, or the
	// account was neither seen nor created after since: who was away for so long is not woken by coming. It changes no
	// Version and moves no fence. An account that is not there, or is not touched, is no error.
	TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error
	// CoursesEnding lists the Active accounts whose AwarenessUntil or ManagersUntil is in [from, until), ordered by id,
	// after the given id, at most limit.
	CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) ([]Account, error)

	Structure(ctx context.Context, id cloison.StructureID) (Structure, error)
	Structures(ctx context.Context) ([]Structure, error)

	// AddProposal stores it if fewer than the given numbers were made by its maker and for its structure since then;
	// else Denied. Stale when the account p.By is not Active any more. Conflict when an open one asks the same: the
	// same kind for the same account or, of a new account, for the same address in the same structure, be it a line of
	// a list. It keeps with it, as From, what is known of the place of p.Session. Stale, too, when the structure has
	// been merged away.
	AddProposal(ctx context.Context, p Proposal, since time.Time, maxMaker, maxStructure int) error
	// AddList is AddProposal for a proposal with its List, which is Denied also when one of its kind that is open or
	// was approved was made for its structure at or after listSince.
	AddList(ctx context.Context, p Proposal, since time.Time, maxMaker, maxStructure int, listSince time.Time) error
	// Proposal returns it, with its List.
	Proposal(ctx context.Context, id cloison.ActID) (Proposal, error)
	// Proposals lists the open ones, oldest first, without their List; "" is every structure.
	Proposals(ctx context.Context, structure cloison.StructureID) ([]Proposal, error)
	// Refused lists a maker's proposals that were refused since then, without their List, the latest decision first, so
	// many at most.
	Refused(ctx context.Context, maker cloison.AccountID, since time.Time, most int) ([]Proposal, error)
	// ProposalsBy counts a maker's proposals since then by their state, the open ones included.
	ProposalsBy(ctx context.Context, maker cloison.AccountID, since time.Time) (map[ProposalState]int, error)
	// Approvals counts, of what was approved since then, the pairs of maker and decider, the most frequent first. Only
	// Maker, Decider and Approved are set.
	Approvals(ctx context.Context, since time.Time) ([]Pair, error)
	// DecideProposal moves p from Open to its new state if the stored version is p.Version, and, when a is not nil,
	// creates the account (a Pending one) or, when a.ID exists, updates it as UpdateAccount does, in the same
	// transaction. Stale if the proposal changed or, when it becomes Approved, if the account p.By or p.DecidedBy is
	// not Active any more: nothing that a cut account asked for or granted commits after its cut.
	DecideProposal(ctx context.Context, p Proposal, a *Account) error
	// ApproveList is DecideProposal of an approved list, with all its accounts, which are Pending, and their codes, in
	// one transaction. Accounts, codes and p.List go together by their place; p.List's accounts are kept.
	ApproveList(ctx context.Context, p Proposal, accounts []Account, codes []Enrolment) error
	// Listed reports whether the account was made by a list.
	Listed(ctx context.Context, account cloison.AccountID) (bool, error)

	// SetEnrolment stores the digest of a fresh enrolment code for the account, replacing any other, valid until then.
	// Stale when the account e.By is not Active any more, or the account itself neither Pending nor Active.
	SetEnrolment(ctx context.Context, e Enrolment) error
	// Enrolment finds the code by its digest; NotFound also when it was used.
	Enrolment(ctx context.Context, digest [32]byte) (Enrolment, error)
	// EnrolmentOf returns the account's code that still works, expired or not; NotFound when there is none.
	EnrolmentOf(ctx context.Context, account cloison.AccountID) (Enrolment, error)
	// WitnessEnrolment sets the witness, the time and the word of the code with that digest, in place of any other.
	// Stale when the code does not work any more, or when the account e.Witness is not Active.
	WitnessEnrolment(ctx context.Context, e Enrolment) error
	// UseEnrolment marks the code used, ends every session and revokes every passkey that the account had, and
	// updates the account (binding, state, probation) in one transaction; Conflict when the code was used before or
	// the binding is taken, Stale when the account changed, or when the code's witness is not Active any more.
	UseEnrolment(ctx context.Context, digest [32]byte, a Account) error
	// FailEnrolment counts a code tried by this binding, before it is looked at, and returns how many were tried
	// since, this one included, a thousand at most: no more are kept.
	FailEnrolment(ctx context.Context, b Binding, at, since time.Time) (int, error)

	AddCover(ctx context.Context, c CoverDeclared) error
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]CoverDeclared, error)

	// Of what follows and of AddCover: Stale when the account that says so, or that receives, is not Active any more.
	//
	// AddDuty stores a turn at the duty desk; Stale also when its structure has been merged away. Duties lists those
	// that the account holds at that time, oldest first.
	AddDuty(ctx context.Context, t DutyDeclared) error
	Duties(ctx context.Context, account cloison.AccountID, at time.Time) ([]DutyDeclared, error)
	// AddTransfer stores it, ends From's Caseload assignments that hold at or after t.Since then, and gives To what was
	// left of each, under t.ID, with the transfers by which From had got it. It returns how many it gave. Stale when To
	// is not Active any more.
	AddTransfer(ctx context.Context, t Transferred) (int, error)
	// Transfers finds those with these ids, oldest first; one that is not there is missing.
	Transfers(ctx context.Context, ids []cloison.ActID) ([]Transferred, error)

	// Grants returns what was granted to the account at the desk and holds at t, oldest first.
	Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]Grant, error)

	// Caseload returns the persons explained to the account by import, at t, with the explanation; Ref is the transfer
	// by which it came, if it did, and Earlier those before. Of several explanations of a person an imported one is
	// returned, if there is one.
	Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (map[cloison.PersonRef]Explanation, error)

	// StructureCaseload is Caseload for all accounts of a structure together, but for closed ones.
	StructureCaseload(ctx context.Context, structure cloison.StructureID, at time.Time) (map[cloison.PersonRef]Explanation, error)

	// Import methods are idempotent: the same line twice changes nothing, and does not advance the fence. They take
	// one batch (at most a few thousand lines) and return, for each line, nil or why it was refused; the others are
	// stored.
	// ImportStructures creates structures and updates all but the median day, which is not the importer's to say.
	ImportStructures(ctx context.Context, batch []Structure) ([]error, error)
	// ImportAccounts creates accounts or updates name, e-mail and roles of the one with the same binding, and its
	// training when the line's holds longer. An imported account is its own lineage. A line without binding (State
	// Pending) is matched by structure and e-mail instead, whatever the binding that the account has got by enrolment
	// since. Refused: an unknown structure, an existing e-mail with another binding; and, as Stale, a structure that
	// has been merged away.
	ImportAccounts(ctx context.Context, batch []Account) ([]error, error)
	ImportCaseload(ctx context.Context, batch []Assignment) ([]error, error)

	// AddEvent appends to the journal of account events.
	AddEvent(ctx context.Context, e Event) error
	// Events returns those after the cursor, oldest first.
	Events(ctx context.Context, after int64, limit int) ([]Event, error)
	// EventsWhere lists the events of a search, the newest first.
	EventsWhere(ctx context.Context, s EventSearch) ([]Event, error)
}

// Assignment is one line of a caseload import: the account bound to Binding accompanies Person.
type Assignment struct {
	Binding Binding
	Person  cloison.PersonRef
	Means   Means // Caseload or Appointment
	Since   time.Time
	Until   time.Time
}

// Enrolment is a code given out of band, in person; only its SHA-256 is stored.
type Enrolment struct {
	Digest  [32]byte
	Account cloison.AccountID
	By      cloison.AccountID // zero: the operator
	Made    time.Time
	Expires time.Time
	Repeat  bool // the account has used a code before

	// Proposal is the Rebind that granted the code; zero when it needs no witness. Word is the digest of what the
	// witness reads out.
	Proposal  cloison.ActID
	Witness   cloison.AccountID
	Witnessed time.Time
	Word      [32]byte
}

// CoverDeclared says that For may meet Of's caseload for a time, because By says so.
type CoverDeclared struct {
	ID    cloison.ActID
	For   cloison.AccountID
	Of    cloison.AccountID
	By    cloison.AccountID
	Made  time.Time
	Since time.Time
	Until time.Time
}

// ProposalKind is what a proposal asks for.
type ProposalKind string

const (
	NewAccount ProposalKind = "new_account" // create
	Rebind     ProposalKind = "rebind"      // a new enrolment code for an account whose factor or subject is lost
	Reinstate  ProposalKind = "reinstate"   // end a suspension
	NewRoles   ProposalKind = "new_roles"   // other roles for an account

	NewAccounts ProposalKind = "new_accounts" // create those of a list; Roles is all of theirs
)

// ProposalState is Open until somebody decides.
type ProposalState string

const (
	Open      ProposalState = "open"
	Approved  ProposalState = "approved"
	Refused   ProposalState = "refused"
	Cancelled ProposalState = "cancelled" // by containment, or by its maker
)

// Proposal is one request under four eyes.
type Proposal struct {
	ID        cloison.ActID
	Kind      ProposalKind
	Structure cloison.StructureID
	Account   cloison.AccountID // of Rebind and Reinstate; of NewAccount once approved
	Name      cloison.Personal
	Email     cloison.Personal
	Roles     Role
	By        cloison.AccountID
	Made      time.Time
	Session   cloison.SessionID // in which it was asked
	From      Place             // the store's, from that session
	State     ProposalState
	DecidedBy cloison.AccountID
	Decided   time.Time
	Reason    string
	Note      cloison.Personal // of who refused to who proposed
	List      []Colleague      // of NewAccounts, in the order of the lines
	Version   int64
}

// Event is one line of the journal.
type Event = journal.Event

// EventSearch says which events of the journal a list shows, the newest first.
type EventSearch = journal.Search
