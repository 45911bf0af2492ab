package self

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/access/signin"
	"cloison/console/web"
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

func keyID(k signin.Passkey) string { return base64.RawURLEncoding.EncodeToString(k.ID) }

// keyBytes is the passkey's own id; nil, which is no passkey's, when it is not base64url.
func keyBytes(id string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return nil
	}
	return b
}

func (h *access) describeRename(ctx context.Context, v web.Viewer, s renameSubject) (i18n.Params, error) {
	key, _, err := h.Signin.Passkey(ctx, v.Session, keyBytes(s.Passkey))
	name := signin.PasskeyName(s.Name)
	switch {
	case err != nil:
		return nil, err
	case name == "":
		return nil, web.BadField("name")
	}
	return i18n.Params{"old": h.keyName(key), "name": name}, nil
}

func (h *access) rename(ctx context.Context, v web.Viewer, s renameSubject) (web.Outcome, error) {
	key, _, err := h.Signin.Passkey(ctx, v.Session, keyBytes(s.Passkey))
	if err != nil {
		return web.Outcome{}, err
	}
	name := signin.PasskeyName(s.Name)
	return web.Outcome{Result: s, Say: i18n.Params{"name": name}, Next: accessPath}, h.Signin.RenamePasskey(ctx, v.Session, key.ID, name)
}

func (h *access) describeRemove(ctx context.Context, v web.Viewer, s passkeySubject) (i18n.Params, error) {
	key, others, err := h.Signin.MayRemovePasskey(ctx, v.Session, keyBytes(s.Passkey))
	if err != nil {
		return nil, err
	}
	return i18n.Params{"name": h.keyName(key), "n": others}, nil
}

func (h *access) remove(ctx context.Context, v web.Viewer, s passkeySubject) (web.Outcome, error) {
	key, others, err := h.Signin.Passkey(ctx, v.Session, keyBytes(s.Passkey))
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: s, Say: i18n.Params{"name": h.keyName(key), "n": others}, Next: accessPath},
		h.Signin.RemovePasskey(ctx, v.Session, key.ID)
}

// keyName is a passkey's name, or what to call one that has none.
func (h *access) keyName(k signin.Passkey) any {
	if k.Name == "" {
		return i18n.Key("access.unnamed")
	}
	return k.Name
}

// endSubject ends one session; without one, all but the viewer's.
type endSubject struct {
	Session cloison.SessionID `json:"session,omitzero"`
}

func (h *access) describeEnd(ctx context.Context, v web.Viewer, s endSubject) (i18n.Params, error) {
	if s.Session == 0 {
		list, err := h.Signin.Sessions(ctx, v.Session)
		if err == nil && len(list) < 2 {
			err = web.Refuse(cloison.Conflict, "session_alone")
		}
		return i18n.Params{"variant": "others", "n": len(list) - 1}, err
	}
	session, err := h.Signin.MayEndSession(ctx, v.Session, s.Session)
	if err != nil {
		return nil, err
	}
	variant := "one"
	if s.Session == v.Session.ID {
		variant = "own"
	}
	return i18n.Params{"variant": variant, "at": session.Opened.In(h.Zone)}, nil
}

func (h *access) end(ctx context.Context, v web.Viewer, s endSubject) (web.Outcome, error) {
	ended, variant := 1, "one"
	var err error
	if s.Session == 0 {
		variant = "others"
		ended, err = h.Signin.EndOthers(ctx, v.Session)
	} else {
		err = h.Signin.EndSession(ctx, v.Session, s.Session)
	}
	next := accessPath
	if s.Session == v.Session.ID {
		variant, next = "own", "/cloison/"
	}
	return web.Outcome{Result: struct {
		Ended int `json:"ended"`
	}{ended}, Say: i18n.Params{"variant": variant, "n": ended}, Next: next}, err
}

// accessView is GET /mon-espace/acces: the viewer's passkeys and sessions.
type accessView struct {
	Keys     []ownKey     `json:"passkeys"` // oldest first
	Sessions []ownSession `json:"sessions"` // newest first
	Others   int          `json:"-"`
}

func (v *accessView) Title(s web.Say) string {
	return s("access.title", "n", len(v.Keys), "sessions", s("access.title_sessions", "n", len(v.Sessions)))
}

// ownKey is one passkey of the viewer's.
type ownKey struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Made     time.Time `json:"made"`
	LastUsed time.Time `json:"last_used,omitzero"`
	Cloned   bool      `json:"cloned,omitzero"`
}

// ownSession is one session of the viewer's.
type ownSession struct {
	ID       cloison.SessionID `json:"id"`
	Browser  string            `json:"browser"` // codes, as the next
	System   string            `json:"system"`
	Network  string            `json:"network"`
	Opened   time.Time         `json:"opened"`
	LastSeen time.Time         `json:"last_seen"`
	Here     bool              `json:"here"`
}

func (h *access) page(r *http.Request, v web.Viewer) (web.View, error) {
	keys, err := h.Signin.Passkeys(r.Context(), v.Session)
	if err != nil {
		return nil, err
	}
	sessions, err := h.Signin.Sessions(r.Context(), v.Session)
	if err != nil {
		return nil, err
	}
	view := &accessView{Others: len(sessions) - 1}
	for _, k := range keys {
		view.Keys = append(view.Keys, ownKey{keyID(k), k.Name, k.Made, k.LastUsed, k.Cloned})
	}
	for _, s := range sessions {
		view.Sessions = append(view.Sessions, ownSessionOf(s, v.Session.ID))
	}
	slices.SortStableFunc(view.Sessions, func(a, b ownSession) int { return cmp.Compare(truth(b.Here), truth(a.Here)) })
	return view, nil
}

func ownSessionOf(s signin.Session, here cloison.SessionID) ownSession {
	browser, system := s.Claims()
	network := ""
	if s.Network.IsValid() {
		network = s.Network.String()
	}
	return ownSession{s.ID, browser, system, network, s.Opened, s.LastSeen, s.ID == here}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
