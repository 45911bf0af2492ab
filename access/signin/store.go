package signin

import (
	"context"
	"net/netip"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Store keeps sign-ins, sessions, passkeys and acts. Each method is one transaction, durable when it returns nil, and
// safe for concurrent use by several processes. Errors carry a cloison.Kind: NotFound, Conflict, Stale, Unavailable.
type Store interface {
	SignInStore
	SessionStore
	EndedStore
	PasskeyStore
	ActStore
}

// SignInStore keeps what outlives a sign-in beside its session.
type SignInStore interface {
	// SpendState uses up the state of a sign-in, by its digest: Conflict when it was used before. It is remembered
	// until then.
	SpendState(ctx context.Context, state [32]byte, until time.Time) error
	// SeenAt notes that the account signs in from there, and reports whether it did before. A place where the account
	// was not seen for a year is forgotten.
	SeenAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) (known bool, err error)
	// ProvedAt notes that the account's passkey was used in a place where the account was seen, unless that is noted
	// already.
	ProvedAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) error
	// Sweep drops spent states, failures and revoked or expired sessions that ended before t, and acts that expired
	// before now: the subject of an act may name a person, and must not outlive the act.
	Sweep(ctx context.Context, t, now time.Time) error
}

// SessionStore keeps live sessions.
type SessionStore interface {
	// AddSession stores a new session with its presence lease (a session counter with Left = left). Stale when its
	// account is not Active any more.
	AddSession(ctx context.Context, s Session, left int32) error
	// Session finds a live session by the digest of its token; NotFound when there is none or it is revoked.
	Session(ctx context.Context, token [32]byte) (Session, error)
	// SessionsOf lists an account's live sessions, newest first.
	SessionsOf(ctx context.Context, account cloison.AccountID) ([]Session, error)
	// UpdateSession replaces the session if it is live and its stored version is s.Version; else Stale, or NotFound
	// when revoked. A new token digest replaces the old one (renewal after a change of privilege).
	UpdateSession(ctx context.Context, s Session) error
	// TouchSession moves LastSeen forward; it never moves it back and never brings back a revoked session.
	TouchSession(ctx context.Context, id cloison.SessionID, at time.Time) error
	// RenewPresence sets what is left of the session's presence lease; NotFound when the session is over.
	RenewPresence(ctx context.Context, id cloison.SessionID, left int32) error
	// Revoke ends sessions at once: removes their presence leases and advances the ledger's fence in the same
	// transaction. With a zero id it ends every session of the account. It returns how many it ended.
	Revoke(ctx context.Context, account cloison.AccountID, id cloison.SessionID, reason string, at time.Time) (int, error)
}

// EndedStore tells which sessions are over.
type EndedStore interface {
	// EndedSession says how a revoked session ended, by the digest of its last token, until it is swept; NotFound when
	// it is live, or was never there.
	EndedSession(ctx context.Context, token [32]byte) (Ended, error)
	// Over returns those of the sessions that are not live. Fence is the ledger's: whatever revokes a session moves it,
	// so that while it stays, no session that was live is over.
	Over(ctx context.Context, ids []cloison.SessionID) ([]cloison.SessionID, error)
	Fence(ctx context.Context) (int64, error)
}

// PasskeyStore keeps passkeys.
type PasskeyStore interface {
	// AddPasskey stores a passkey. Stale when its account is not Active (any more).
	AddPasskey(ctx context.Context, p Passkey) error
	// Passkeys lists the account's passkeys that are not revoked.
	Passkeys(ctx context.Context, account cloison.AccountID) ([]Passkey, error)
	// UsePasskey records a use: the new signature counter must be above the stored one unless both are zero, else
	// Conflict and the passkey is marked cloned (a copy of the key is in use somewhere).
	UsePasskey(ctx context.Context, id []byte, counter uint32, flags byte, at time.Time) error
	// RenamePasskey and RevokePasskey are NotFound when the account has no such passkey. Its last one is not revoked:
	// Conflict.
	RenamePasskey(ctx context.Context, account cloison.AccountID, id []byte, name string) error
	RevokePasskey(ctx context.Context, account cloison.AccountID, id []byte, at time.Time) error
}

// ActStore keeps acts that wait for their passkey, and counts failed attempts.
type ActStore interface {
	// AddAct stores an act, and drops the oldest of its session's so that no more than keep are left, or a few more
	// when several are added at once. TakeAct returns it once and only to its session.
	AddAct(ctx context.Context, a Act, keep int) error
	TakeAct(ctx context.Context, id cloison.ActID, session cloison.SessionID) (Act, error)

	// Fail counts a failed attempt under a key (a binding's or an account's digest) and returns how many there were
	// since then, a thousand at most: no more are kept.
	Fail(ctx context.Context, key string, at, since time.Time) (int, error)
	// Failures returns how many failed since then.
	Failures(ctx context.Context, key string, since time.Time) (int, error)
}

// Directory is what signin asks of the stage of accounts. Errors are those of directory.Store.
type Directory interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	// AccountByBinding returns the account that is bound to that sub, or NotFound.
	AccountByBinding(ctx context.Context, b directory.Binding) (directory.Account, error)
	// AccountsByEmail returns the accounts with that address, whatever the case of its letters.
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]directory.Account, error)
	// TouchAccount notes that an account is in use, once an hour; one that was not used since then is left as it is.
	TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error
	journal.Writer
}

// Enroller turns an enrolment code into a bound account; *approval.Approvals is one.
type Enroller interface {
	Enrol(ctx context.Context, code string, b directory.Binding, session cloison.SessionID) (directory.Account, error)
}
