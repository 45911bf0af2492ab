package approval

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// A witness's word is 20 random bits as 4 characters, typed after the code. Guessing it takes the code, and leaves a
// quarter of an hour and CodeTries guesses, for all subjects together. Each witness gives a new word with new
// guesses, so that a thief of the code cannot lock out the holder who comes in person.
const (
	wordChars   = 4
	witnessLife = 15 * time.Minute
)

func newWord() string {
	var b [wordChars]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	for i := range b {
		b[i] = codeAlpha[b[i]&31]
	}
	return string(b[:])
}

// wordDigest ties a word to its code: with another code it is another digest.
func wordDigest(code [32]byte, word string) [32]byte { return sha256.Sum256(append(code[:], word...)) }

// witnessed reports whether the code may be used with that word now. A code without a Rebind needs no witness and
// takes no word.
func (e Enrolment) witnessed(word string, now time.Time) bool {
	if e.Proposal == 0 {
		return word == ""
	}
	digest := wordDigest(e.Digest, word)
	return e.Witness != 0 && !now.Before(e.Witnessed) && now.Sub(e.Witnessed) < witnessLife &&
		subtle.ConstantTimeCompare(digest[:], e.Word[:]) == 1
}

// countGuess counts a word that is tried for a code, before it is checked. The tries of one subject are counted
// elsewhere; this count holds for all subjects together.
func (ap *Approvals) countGuess(ctx context.Context, e Enrolment, word string, now time.Time) error {
	if e.Proposal == 0 || word == "" {
		return nil
	}
	which := hex.EncodeToString(e.Word[:]) // of one witness; without an identity provider it is no account's binding
	tries, err := ap.store.FailEnrolment(ctx, directory.Binding{Sub: hex.EncodeToString(e.Digest[:]) + which}, now, now.Add(-ap.settings.CodeWindow))
	if err == nil && tries > ap.settings.CodeTries {
		err = directory.Deny(directory.CodeLocked)
	}
	return err
}

// WitnessWord is the word that a witness reads out to the holder, shown once and stored nowhere, and until when it
// works.
type WitnessWord struct {
	Account directory.Account
	Word    cloison.Secret
	Until   time.Time
}

// Witness says that the holder of an account that is to be re-enrolled stands before the caller. The code that a
// Rebind granted opens nothing without it: telling the code to a voice on the telephone gives nothing away.
//
// The witness is a colleague of the same structure who is not on probation and is independent of the proposal's maker
// and of its approver. A second witness, or the same one again, replaces the word.
func (ap *Approvals) Witness(ctx context.Context, by cloison.Caller, account cloison.AccountID) (WitnessWord, error) {
	a, e, err := ap.mayWitness(ctx, by, account)
	if err != nil {
		return WitnessWord{}, err
	}
	word := newWord()
	e.Witness, e.Witnessed, e.Word = by.Account, ap.now(), wordDigest(e.Digest, word)
	if err := ap.store.WitnessEnrolment(ctx, e); err != nil {
		return WitnessWord{}, err
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.witnessed", Actor: by.Account, Account: account, Session: by.Session, Act: e.Proposal})
	return WitnessWord{a, cloison.Secret(word), e.Witnessed.Add(witnessLife)}, nil
}

// MayWitness says whether the caller may be the witness now: nil, or the error that Witness would give.
func (ap *Approvals) MayWitness(ctx context.Context, by cloison.Caller, account cloison.AccountID) error {
	_, _, err := ap.mayWitness(ctx, by, account)
	return err
}

func (ap *Approvals) mayWitness(ctx context.Context, by cloison.Caller, account cloison.AccountID) (a directory.Account, e Enrolment, err error) {
	caller, err := ap.directory.Caller(ctx, by)
	if err != nil {
		return a, e, err
	}
	if a, err = ap.store.Account(ctx, account); err != nil {
		return a, e, err
	}
	if err := directory.Allow(directory.ToWitness, caller, a); err != nil {
		return a, e, err
	}
	if caller.OnProbation(ap.now()) {
		return a, e, directory.Deny(directory.Newcomer)
	}
	e, err = ap.store.EnrolmentOf(ctx, account)
	if (err != nil && cloison.KindOf(err) == cloison.NotFound) || (err == nil && (e.Proposal == 0 || !ap.now().Before(e.Expires))) {
		return a, e, cloison.Errorf(cloison.Conflict, "no code waits for a witness: propose a new code first")
	}
	if err != nil {
		return a, e, err
	}
	p, err := ap.store.Proposal(ctx, e.Proposal)
	if err != nil {
		return a, e, err
	}
	for _, id := range []cloison.AccountID{p.By, p.DecidedBy} {
		granter, err := ap.store.Account(ctx, id)
		if err != nil {
			return a, e, err
		}
		if err := Independent(ctx, ap.store, granter, caller); err != nil {
			return a, e, err
		}
	}
	return a, e, Independent(ctx, ap.store, a, caller) // nor of the holder
}
