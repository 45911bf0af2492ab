package signin

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/policy"
)

// Store keeps sign-ins under way, sessions, passkeys and acts. Each method is one transaction, durable when it returns
// nil, and safe for concurrent use by several processes. NotFound, Conflict, Stale and Unavailable mean what they mean
// elsewhere.
type Store interface {
	// SpendState uses the state of a sign-in up, by its digest: Conflict when it was used before. It is remembered
	// until then.
	SpendState(ctx context.Context, state [32]byte, until time.Time) error
	// SeenAt notes that the account signs in from there, and reports whether it did before. A place where it was not
	// seen for a year is forgotten.
	SeenAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) (known bool, err error)

	// ProvedAt notes that the account's passkey was shown in a place where it was seen, unless that was noted before.
	ProvedAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) error

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
	// EndedSession says how a revoked session ended, by the digest of its last token, until it is swept; NotFound when
	// it is live, or was never there.
	EndedSession(ctx context.Context, token [32]byte) (Ended, error)
	// Over returns those of the sessions that are not live. Fence is the ledger's: whatever revokes a session moves it,
	// so that while it stays, no session that was live is over.
	Over(ctx context.Context, ids []cloison.SessionID) ([]cloison.SessionID, error)
	Fence(ctx context.Context) (int64, error)
	// TouchSession moves LastSeen forward; it never moves it back and never brings back a revoked session.
	TouchSession(ctx context.Context, id cloison.SessionID, at time.Time) error
	// RenewPresence sets what is left of the session's presence lease; NotFound when the session is over.
	RenewPresence(ctx context.Context, id cloison.SessionID, left int32) error
	// Revoke ends sessions at once: removes their presence leases and advances the ledger's fence in the same
	// transaction. With a zero id it ends every session of the account. It returns how many it ended.
	Revoke(ctx context.Context, account cloison.AccountID, id cloison.SessionID, reason string, at time.Time) (int, error)

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

	// AddAct stores an act that waits for its passkey, and drops the oldest of its session's so that no more than keep
	// are left, or a few more when several are added at once. TakeAct returns it once and only to its session.
	AddAct(ctx context.Context, a Act, keep int) error
	TakeAct(ctx context.Context, id cloison.ActID, session cloison.SessionID) (Act, error)

	// Fail counts a failed attempt under a key (a binding's or an account's digest) and returns how many there were
	// since then, a thousand at most: no more are kept.
	Fail(ctx context.Context, key string, at, since time.Time) (int, error)
	// Failures returns how many failed since then.
	Failures(ctx context.Context, key string, since time.Time) (int, error)

	// Sweep drops spent states, failures and revoked or expired sessions that ended before t, and acts that expired
	// before now: their subjects may name a person, and whoever gave one up shall not leave it here.
	Sweep(ctx context.Context, t, now time.Time) error
}

// Ended is how a session ended.
type Ended struct {
	Session cloison.SessionID
	Account cloison.AccountID
	At      time.Time
	Reason  string // a code of the message catalogue
}

// Session is one signed-in browser. An account-less session (Account zero) belongs to a federated identity that has no
// habilitation yet: it can only use an enrolment code.
type Session struct {
	ID      cloison.SessionID
	Token   [32]byte // SHA-256 of the cookie's value
	Account cloison.AccountID
	Binding directory.Binding
	IDToken cloison.Secret // for RP-initiated logout

	Acr  string
	Amr  []string
	Auth time.Time // when the provider says it authenticated; zero: it does not say

	// PasskeyAt is when our own passkey was last used in this session; zero: never.
	PasskeyAt time.Time
	Passkey   []byte // credential id used

	Network   netip.Prefix // /24 or /48 of the client: a change asks for the passkey again
	UserAgent string       // digest of the user agent: likewise
	Device    string       // browser and system in codes, as "firefox linux"; for its owner to read
	Opened    time.Time
	LastSeen  time.Time
	Expires   time.Time // absolute
	Version   int64

	// What Signin.Session adds for one request. Stores neither keep nor return them.
	Assurance policy.Assurance
	Structure cloison.StructureID // of the account, as are the roles; as old as the rest of what is answered from memory
	Roles     directory.Role
	Moved     bool // the request comes from another network or browser: Network and UserAgent are the request's
}

// Passkey is one WebAuthn credential of an account (W3C Web Authentication Level 3, credential record).
type Passkey struct {
	ID         []byte
	Account    cloison.AccountID
	Name       string
	Credential json.RawMessage // go-webauthn's record, public key and flags
	Counter    uint32
	Cloned     bool
	Made       time.Time
	MadeIn     cloison.SessionID
	LastUsed   time.Time
	Revoked    time.Time
}

// Act is something that a passkey approves: its challenge is bound to the verb and the subject, so that an assertion
// made for one act is worth nothing for another.
type Act struct {
	ID        cloison.ActID
	Session   cloison.SessionID
	Account   cloison.AccountID
	Verb      Verb
	Subject   json.RawMessage // canonical JSON of what is done to what
	Challenge []byte          // a nonce of 32 bytes, then the challenge: SHA-256 over nonce, verb, subject and for whom
	Made      time.Time
	Expires   time.Time

	// What FinishAct adds. Stores neither keep nor return them.
	Passkey []byte         // the credential that approved
	Token   cloison.Secret // of a presence or an AddPasskey: the session's new token, for SetToken; the old one is dead
}
