package signin

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"cloison"
)

const (
	keyNameLen   = 64
	removeWithin = 5 * time.Minute
)

// Passkeys lists the passkeys of the session's account, oldest first.
func (s *Signin) Passkeys(ctx context.Context, session Session) ([]Passkey, error) {
	account, err := s.holder(ctx, session)
	if err != nil {
		return nil, err
	}
	return s.store.Passkeys(ctx, account.ID)
}

// RenamePasskey gives one passkey of the session's account another name. Have the passkey approve just that, as for
// removing one: who could swap the names of two would have the wrong one removed. Beside that it needs a presence in
// the last minutes.
func (s *Signin) RenamePasskey(ctx context.Context, session Session, id []byte, name string) error {
	if name = PasskeyName(name); name == "" {
		return refuse(cloison.Invalid, BadRequest, "the name is empty")
	}
	if err := s.mayChange(ctx, session, id); err != nil {
		return err
	}
	if err := s.store.RenamePasskey(ctx, session.Account, id, name); err != nil {
		return err
	}
	s.record(ctx, session, "passkey.renamed", nil)
	return nil
}

// mayChange says whether a passkey is the account's, and somebody was present in the last minutes.
func (s *Signin) mayChange(ctx context.Context, session Session, id []byte) error {
	keys, err := s.Passkeys(ctx, session)
	switch {
	case err != nil:
		return err
	case !slices.ContainsFunc(keys, func(k Passkey) bool { return bytes.Equal(k.ID, id) }):
		return refuse(cloison.NotFound, PasskeyUnknown, "the account has no such passkey")
	case !s.presentWithin(session, removeWithin):
		return refuse(cloison.Denied, PasskeyNeeded, "no passkey was shown in this session in the last %s", removeWithin)
	}
	return nil
}

// RemovePasskey ends one passkey of the session's account, and the other sessions in which it was shown last: who lost
// a key does not know who found it. Have the passkey approve just that; beside it, it needs a presence in the last
// minutes, so that a stolen cookie takes nobody's keys away. The last one stays: who lost it suspends the account and
// gets a new code.
func (s *Signin) RemovePasskey(ctx context.Context, session Session, id []byte) error {
	keys, err := s.Passkeys(ctx, session)
	if err != nil {
		return err
	}
	switch {
	case !slices.ContainsFunc(keys, func(k Passkey) bool { return bytes.Equal(k.ID, id) }):
		return refuse(cloison.NotFound, PasskeyUnknown, "the account has no such passkey")
	case len(keys) == 1:
		return refuse(cloison.Conflict, PasskeyLast, "the account has no other passkey")
	case !s.presentWithin(session, removeWithin):
		return refuse(cloison.Denied, PasskeyNeeded, "no passkey was shown in this session in the last %s", removeWithin)
	}
	if err := s.store.RevokePasskey(ctx, session.Account, id, s.now()); err != nil {
		if cloison.KindOf(err) == cloison.Conflict {
			return refuse(cloison.Conflict, PasskeyLast, "the other was removed meanwhile: %w", err)
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

// PasskeyName makes a name to show of what somebody typed: one line of at most 64 characters, without what cannot be
// seen.
func PasskeyName(typed string) string {
	gap := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	name := strings.Join(strings.FieldsFunc(typed, gap), " ")
	runes := []rune(strings.ToValidUTF8(name, ""))
	return string(runes[:min(len(runes), keyNameLen)])
}
