package console

import (
	"context"
	"encoding/base64"
	"slices"

	"cloison"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// Acts upon what is one's own: who may do them to what is whose it is, and signin looks again.
const (
	RenamePasskey signin.Verb = "rename_passkey"
	RemovePasskey signin.Verb = "remove_passkey"
	EndSession    signin.Verb = "end_session"
)

// passkeySubject names a passkey of the viewer's own.
type passkeySubject struct {
	Passkey string `json:"passkey"` // base64url
}

// renameSubject gives it another name.
type renameSubject struct {
	Passkey string `json:"passkey"`
	Name    string `json:"name"`
}

// ownKey finds a passkey of the viewer's; NotFound for everybody else's.
func (c *Console) ownKey(ctx context.Context, v viewer, id string) (key signin.Passkey, others int, err error) {
	keys, err := c.Signin.Passkeys(ctx, v.session)
	if err != nil {
		return key, 0, err
	}
	at := slices.IndexFunc(keys, func(k signin.Passkey) bool { return keyID(k) == id })
	if at < 0 {
		return key, 0, refuse(cloison.NotFound, string(signin.PasskeyUnknown))
	}
	return keys[at], len(keys) - 1, nil
}

func keyID(k signin.Passkey) string { return base64.RawURLEncoding.EncodeToString(k.ID) }

func (c *Console) aboutRename(ctx context.Context, v viewer, s renameSubject) (i18n.Params, error) {
	key, _, err := c.ownKey(ctx, v, s.Passkey)
	name := signin.PasskeyName(s.Name)
	switch {
	case err != nil:
		return nil, err
	case name == "":
		return nil, badField("name")
	}
	return i18n.Params{"old": c.keyName(key), "name": name}, nil
}

func (c *Console) rename(ctx context.Context, v viewer, s renameSubject) (outcome, error) {
	key, _, err := c.ownKey(ctx, v, s.Passkey)
	if err != nil {
		return outcome{}, err
	}
	name := signin.PasskeyName(s.Name)
	return outcome{result: s, say: i18n.Params{"name": name}, next: accessPath}, c.Signin.RenamePasskey(ctx, v.session, key.ID, name)
}

func (c *Console) aboutRemove(ctx context.Context, v viewer, s passkeySubject) (i18n.Params, error) {
	key, others, err := c.ownKey(ctx, v, s.Passkey)
	switch {
	case err != nil:
		return nil, err
	case others == 0:
		return nil, refuse(cloison.Conflict, string(signin.PasskeyLast))
	}
	return i18n.Params{"name": c.keyName(key), "n": others}, nil
}

func (c *Console) remove(ctx context.Context, v viewer, s passkeySubject) (outcome, error) {
	key, others, err := c.ownKey(ctx, v, s.Passkey)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: s, say: i18n.Params{"name": c.keyName(key), "n": others}, next: accessPath},
		c.Signin.RemovePasskey(ctx, v.session, key.ID)
}

// keyName is a passkey's name, or what to call one that has none.
func (c *Console) keyName(k signin.Passkey) any {
	if k.Name == "" {
		return label("access.unnamed")
	}
	return k.Name
}

// endSubject ends one session; without one, all but the viewer's.
type endSubject struct {
	Session cloison.SessionID `json:"session,omitzero"`
}

func (c *Console) aboutEnd(ctx context.Context, v viewer, s endSubject) (i18n.Params, error) {
	list, err := c.Signin.Sessions(ctx, v.session)
	if err != nil {
		return nil, err
	}
	if s.Session == 0 {
		if len(list) < 2 {
			return nil, refuse(cloison.Conflict, "session_alone")
		}
		return i18n.Params{"variant": "others", "n": len(list) - 1}, nil
	}
	at := slices.IndexFunc(list, func(other signin.Session) bool { return other.ID == s.Session })
	if at < 0 {
		return nil, refuse(cloison.NotFound, string(signin.SessionUnknown))
	}
	variant := "one"
	if s.Session == v.session.ID {
		variant = "own"
	}
	return i18n.Params{"variant": variant, "at": list[at].Opened.In(c.Gauge.Zone)}, nil
}

func (c *Console) end(ctx context.Context, v viewer, s endSubject) (outcome, error) {
	ended, variant := 1, "one"
	var err error
	if s.Session == 0 {
		variant = "others"
		ended, err = c.Signin.EndOthers(ctx, v.session)
	} else {
		err = c.Signin.EndSession(ctx, v.session, s.Session)
	}
	next := accessPath
	if s.Session == v.session.ID {
		variant, next = "own", "/cloison/"
	}
	return outcome{result: struct {
		Ended int `json:"ended"`
	}{ended}, say: i18n.Params{"variant": variant, "n": ended}, next: next}, err
}
