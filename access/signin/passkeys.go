package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"cloison"
	"cloison/access/signin/passkey"
	"cloison/access/signin/refusal"
)

const (
	longestName  = 64
	removeWithin = 5 * time.Minute // of a presence
)

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

// credential is the passkey as package passkey knows it.
func (p Passkey) credential() passkey.Credential {
	return passkey.Credential{ID: p.ID, Record: p.Credential, Counter: p.Counter}
}

func credentials(keys []Passkey) []passkey.Credential {
	list := make([]passkey.Credential, len(keys))
	for i, k := range keys {
		list[i] = k.credential()
	}
	return list
}

// Passkeys lists the passkeys of the session's account, oldest first.
func (s *Signin) Passkeys(ctx context.Context, session Session) ([]Passkey, error) {
	account, err := s.holder(ctx, session)
	if err != nil {
		return nil, err
	}
	return s.store.Passkeys(ctx, account.ID)
}

// RenamePasskey gives one passkey of the session's account another name. The caller has had the passkey approve just
// that, as for a removal: swapped names would make the holder remove the wrong one. A presence in the last minutes is
// needed too.
func (s *Signin) RenamePasskey(ctx context.Context, session Session, id []byte, name string) error {
	if name = PasskeyName(name); name == "" {
		return refusal.New(cloison.Invalid, refusal.BadRequest, "the name is empty")
	}
	if _, _, err := s.Passkey(ctx, session, id); err != nil {
		return err
	}
	if !s.presentWithin(session, removeWithin) {
		return absent()
	}
	if err := s.store.RenamePasskey(ctx, session.Account, id, name); err != nil {
		return err
	}
	s.record(ctx, session, "passkey.renamed", nil)
	return nil
}

// Passkey finds a passkey of the session's account, and counts its others.
func (s *Signin) Passkey(ctx context.Context, session Session, id []byte) (key Passkey, others int, err error) {
	keys, err := s.Passkeys(ctx, session)
	if err != nil {
		return key, 0, err
	}
	i := slices.IndexFunc(keys, func(k Passkey) bool { return bytes.Equal(k.ID, id) })
	if i < 0 {
		return key, 0, refusal.New(cloison.NotFound, refusal.PasskeyUnknown, "the account has no such passkey")
	}
	return keys[i], len(keys) - 1, nil
}

// absent is the refusal of an act that needs a presence in the last minutes.
func absent() error {
	return refusal.New(cloison.Denied, refusal.PasskeyNeeded, "no passkey was used in this session in the last %s", removeWithin)
}

// MayRemovePasskey returns the passkey and how many others stay, or why it is not to be removed: it is not the
// account's, or it is the last one.
func (s *Signin) MayRemovePasskey(ctx context.Context, session Session, id []byte) (key Passkey, others int, err error) {
	key, others, err = s.Passkey(ctx, session, id)
	if err == nil && others == 0 {
		err = refusal.New(cloison.Conflict, refusal.PasskeyLast, "the account has no other passkey")
	}
	return key, others, err
}

// RemovePasskey ends one passkey of the session's account, and the other sessions in which it was used last: a lost key
// may be in a thief's hands. The caller has had the passkey approve just that. A presence in the last minutes is needed
// too, so that a cookie thief removes no keys. The last one stays: its holder suspends the account and gets a new code.
func (s *Signin) RemovePasskey(ctx context.Context, session Session, id []byte) error {
	if _, _, err := s.MayRemovePasskey(ctx, session, id); err != nil {
		return err
	}
	if !s.presentWithin(session, removeWithin) {
		return absent()
	}
	if err := s.store.RevokePasskey(ctx, session.Account, id, s.now()); err != nil {
		if cloison.KindOf(err) == cloison.Conflict {
			return refusal.New(cloison.Conflict, refusal.PasskeyLast, "the other one was removed meanwhile: %w", err)
		}
		return err
	}
	s.record(ctx, session, "passkey.removed", nil)
	sessions, err := s.store.SessionsOf(ctx, session.Account)
	if err != nil {
		return err
	}
	for _, other := range sessions {
		if other.ID == session.ID || !bytes.Equal(other.Passkey, id) {
			continue
		}
		if err := s.end(ctx, other, "passkey_removed"); err != nil {
			return err
		}
	}
	return nil
}

// PasskeyName makes a name of what an agent typed: one line of at most 64 characters, all of them visible.
func PasskeyName(typed string) string {
	gap := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	name := strings.Join(strings.FieldsFunc(typed, gap), " ")
	runes := []rune(strings.ToValidUTF8(name, ""))
	return string(runes[:min(len(runes), longestName)])
}
