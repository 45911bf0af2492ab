package approval

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// An enrolment code is 80 random bits as 16 characters of Crockford's base32, in four groups: H3M9-K2X7-QRE4-0TWV.
// Case does not matter, I and L are read as 1 and O as 0, and any separator between the groups is ignored.
const (
	codeBytes = 10
	codeChars = 16
	codeAlpha = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

func newCode() (code cloison.Secret, digest [32]byte) {
	var b [codeBytes]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	s := base32.NewEncoding(codeAlpha).EncodeToString(b[:])
	return cloison.Secret(s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]), sha256.Sum256([]byte(s))
}

// typedCode is what somebody typed: a code, and the witness's word after it, or "".
type typedCode struct {
	digest [32]byte
	word   string
}

// readCode reads what somebody typed; false when it cannot be a code.
func readCode(typed string) (typedCode, bool) {
	var b []byte
	for _, r := range strings.ToUpper(typed) {
		switch {
		case r == '-' || r == ' ' || r == '\u00a0' || r == '\u202f' || r == '–':
			continue
		case r == 'I' || r == 'L':
			r = '1'
		case r == 'O':
			r = '0'
		}
		if r > 'Z' || !strings.ContainsRune(codeAlpha, r) || len(b) == codeChars+wordChars {
			return typedCode{}, false
		}
		b = append(b, byte(r))
	}
	if len(b) != codeChars && len(b) != codeChars+wordChars {
		return typedCode{}, false
	}
	return typedCode{sha256.Sum256(b[:codeChars]), string(b[codeChars:])}, true
}

// issue gives the account a fresh code in place of any other. A code that a Rebind granted names it, and needs a
// witness.
func (ap *Approvals) issue(ctx context.Context, account, by cloison.AccountID, rebind cloison.ActID) (cloison.Secret, error) {
	code, digest := newCode()
	now := ap.now()
	e := Enrolment{Digest: digest, Account: account, By: by, Made: now, Expires: now.Add(ap.settings.CodeLife),
		Proposal: rebind}
	if err := ap.store.SetEnrolment(ctx, e); err != nil {
		return "", err
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.code_issued", Actor: by, Account: account})
	return code, nil
}

// IssueCode makes an enrolment code for the operator, at the command line; no page offers it. The first accounts of a
// network enrol with such codes. An account that is bound can use it only with the same subject, unless unbind is
// set: then the account is pending until another subject enrols.
func (ap *Approvals) IssueCode(ctx context.Context, id cloison.AccountID, unbind bool) (cloison.Secret, error) {
	err := cloison.RetryStale(func() error {
		a, err := ap.store.Account(ctx, id)
		switch {
		case err != nil:
			return err
		case a.Roles.Machine():
			return cloison.Errorf(cloison.Conflict, "the account is a machine's: it never signs in")
		case a.State != directory.Active && a.State != directory.Pending:
			return cloison.Errorf(cloison.Conflict, "the account is %s: reinstate it first", a.State)
		case !unbind || a.Binding == (directory.Binding{}):
			return nil
		}
		a.State, a.Binding = directory.Pending, directory.Binding{}
		return ap.store.UpdateAccount(ctx, a)
	})
	if err != nil {
		return "", err
	}
	return ap.issue(ctx, id, 0, 0)
}

// Enrol uses a code that a signed-in subject typed: one without an account, or one that lost its passkey. The account
// becomes active and bound to the subject; every passkey and session that it had is void. It is on probation from now
// on, unless the operator made the code for an account that it imported and that never enrolled before.
//
// Each try counts for the subject before the code is checked, so that guessing in parallel gains nothing; after
// CodeTries within CodeWindow even the right code is Denied. A wrong code is NotFound. The look-up is by digest, so
// its time says nothing about a code.
func (ap *Approvals) Enrol(ctx context.Context, typed string, b directory.Binding, session cloison.SessionID) (directory.Account, error) {
	if b.IdP == "" || b.Sub == "" {
		return directory.Account{}, cloison.Errorf(cloison.Invalid, "enrolment needs a signed-in subject")
	}
	now := ap.now()
	tries, err := ap.store.FailEnrolment(ctx, b, now, now.Add(-ap.settings.CodeWindow))
	if err != nil {
		return directory.Account{}, err
	}
	if tries > ap.settings.CodeTries {
		if tries == ap.settings.CodeTries+1 {
			ap.directory.Record(ctx, journal.Event{Code: "enrolment.locked", Session: session})
		}
		return directory.Account{}, directory.Deny(directory.CodeLocked)
	}
	typedIn, ok := readCode(typed)
	if !ok {
		return directory.Account{}, cloison.Errorf(cloison.Invalid,
			"an enrolment code has %d letters and digits in groups of four, and four more when there is a witness", codeChars)
	}
	e, err := ap.store.Enrolment(ctx, typedIn.digest)
	if err != nil {
		if cloison.KindOf(err) == cloison.NotFound {
			ap.directory.Record(ctx, journal.Event{Code: "enrolment.failed", Session: session})
		}
		return directory.Account{}, err
	}
	if !now.Before(e.Expires) {
		return directory.Account{}, directory.Deny(directory.CodeExpired)
	}
	if err := ap.countGuess(ctx, e, typedIn.word, now); err != nil {
		return directory.Account{}, err
	}
	if !e.witnessed(typedIn.word, now) {
		ap.directory.Record(ctx, journal.Event{Code: "enrolment.unwitnessed", Account: e.Account, Session: session})
		return directory.Account{}, directory.Deny(directory.NotWitnessed)
	}
	var a directory.Account
	err = cloison.RetryStale(func() (err error) {
		if a, err = ap.accountEnrolled(ctx, e, b, now); err != nil {
			return err
		}
		return ap.store.UseEnrolment(ctx, e.Digest, a)
	})
	if err != nil {
		return directory.Account{}, err
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.enrolled", Actor: a.ID, Account: a.ID, Session: session})
	return ap.store.Account(ctx, a.ID)
}

// accountEnrolled returns the account as the enrolment makes it.
func (ap *Approvals) accountEnrolled(ctx context.Context, e Enrolment, b directory.Binding, now time.Time) (directory.Account, error) {
	a, err := ap.store.Account(ctx, e.Account)
	switch {
	case err != nil:
		return a, err
	case a.State != directory.Pending && a.State != directory.Active, a.Roles.Machine():
		return a, directory.Deny(directory.NotActive)
	case a.Binding != (directory.Binding{}) && a.Binding != b:
		return a, directory.Deny(directory.CodeForOther)
	}
	vouched := e.By == 0 && a.CreatedBy == 0 && a.ReenrolledBy == 0 && !e.Repeat
	if !vouched {
		if a.ProbationUntil, err = ap.probationAfterEnrolment(ctx, a, now); err != nil {
			return a, err
		}
	}
	a.Binding, a.State, a.LastSeen = b, directory.Active, now
	return a, nil
}

// probationFrom returns the end of a probation that begins at t.
func (ap *Approvals) probationFrom(t time.Time) time.Time {
	return directory.AfterWorkingDays(t, ap.settings.ProbationDays, ap.directory.Settings().Zone)
}

// Enrolment is a code that is given in person; only its SHA-256 is stored.
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
