package signin

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"cloison"
	"cloison/access/signin/refusal"
	"cloison/rules/policy"
)

// Refuser answers a request with a problem: in the words of the catalogue, as a page or as JSON. It sets the status.
type Refuser func(w http.ResponseWriter, r *http.Request, p refusal.Problem)

// Handler serves /cloison/ on every origin: the redirects of a sign-in, and JSON for scripts. Mount it behind
// http.CrossOriginProtection. Each POST takes application/json. A nil Refuser answers with bare problems.
//
//	GET    signin?return=PATH    redirects to the provider
//	GET    callback              redirects to PATH
//	POST   signout               {"redirect": URL of the provider's own logout, or ""}
//	POST   enrol                 {"code": CODE} → the session
//	GET    session               the session, and what it lacks to open a file
//	GET    passkeys              [{"id", "name", "made", "last_used", "cloned"}]
//	POST   passkey/options       options of navigator.credentials.create
//	POST   passkey               its answer, with "name" beside its members → the passkey
//	GET    sessions              [{"id", "device", "network", "opened", "last_seen", "here"}]
//	GET    live                  server-sent events: "over" when the session ends
//
// No route renames or ends a passkey or another session: that takes a gesture for just that, which the console asks
// for.
//
//	POST   act/{verb}/options    {"act": ID, "options": of navigator.credentials.get}; verb is presence or add_passkey
//	POST   act/{verb}            {"act": ID, "assertion": its answer} → the session
func (s *Signin) Handler(e Enroller, refuse Refuser) http.Handler {
	if refuse == nil {
		refuse = bareProblem
	}
	h := &handler{s, e, refuse}
	mux := http.NewServeMux()
	for pattern, serve := range map[string]route{
		"GET signin":              h.signin,
		"GET callback":            h.callback,
		"POST signout":            h.signout,
		"POST enrol":              h.enrol,
		"GET session":             h.inSession(h.session),
		"GET passkeys":            h.inSession(h.passkeys),
		"POST passkey/options":    h.inSession(h.passkeyOptions),
		"POST passkey":            h.inSession(h.passkey),
		"GET sessions":            h.inSession(h.sessions),
		"POST act/{verb}/options": h.inSession(h.actOptions),
		"POST act/{verb}":         h.inSession(h.act),
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+Prefix+path, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, serve) })
	}
	mux.HandleFunc("GET "+Prefix+"live", h.serveLive)
	return mux
}

type handler struct {
	*Signin
	enroller Enroller
	refuse   Refuser
}

// route answers with a value to encode as JSON, a redirect, or nil for an empty answer.
type route func(http.ResponseWriter, *http.Request) (any, error)

// inSession is a route that needs a live session.
func (h *handler) inSession(serve func(http.ResponseWriter, *http.Request, Session) (any, error)) route {
	return func(w http.ResponseWriter, r *http.Request) (any, error) {
		session, err := h.Session(r.Context(), r)
		if err != nil {
			return nil, err
		}
		return serve(w, r, session)
	}
}

const maxBody = 64 << 10 // bytes

// redirect is an answer that sends the browser elsewhere.
type redirect string

func (h *handler) serve(w http.ResponseWriter, r *http.Request, serve route) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	answer, err := h.answer(w, r, serve)
	if err != nil {
		p := refusal.ProblemOf(err)
		level := h.log.InfoContext
		if p.Status >= 500 {
			level = h.log.ErrorContext
		}
		level(r.Context(), "refused", "route", r.Pattern, "reason", string(p.Reason), "err", err)
		h.refuse(w, r, p)
		return
	}
	if to, ok := answer.(redirect); ok {
		w.Header().Set("Location", string(to))
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusOK, "application/json", answer)
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request, serve route) (any, error) {
	if r.Method == http.MethodPost {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			return nil, refusal.New(cloison.Invalid, refusal.BadRequest, "the content type is not application/json")
		}
	}
	return serve(w, r)
}

func (h *handler) signin(w http.ResponseWriter, r *http.Request) (any, error) {
	to, err := h.Authorize(w, r, r.URL.Query().Get("return"))
	return redirect(to), err
}

func (h *handler) callback(w http.ResponseWriter, r *http.Request) (any, error) {
	to, err := h.Callback(w, r)
	return redirect(to), err
}

func (h *handler) signout(w http.ResponseWriter, r *http.Request) (any, error) {
	to, err := h.SignOut(w, r)
	return map[string]string{"redirect": to}, err
}

func (h *handler) enrol(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Code string `json:"code"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	account, err := h.Enrol(w, r, h.enroller, in.Code)
	if err != nil {
		return nil, err
	}
	return map[string]any{"account": account.ID, "missing": []string{"passkey"}}, nil
}

// Shown is the session of a request as its holder sees it.
type Shown struct {
	Account   cloison.AccountID   `json:"account"`
	Name      string              `json:"name"`
	Structure cloison.StructureID `json:"structure"`
	Roles     []string            `json:"roles"`
	Assurance policy.Assurance    `json:"assurance"`
	PasskeyAt time.Time           `json:"passkey_at,omitzero"`
	Expires   time.Time           `json:"expires"`
	Presence  int32               `json:"presence_lease"` // new persons, at most, before the passkey is asked again
	Training  struct {
		AwarenessUntil time.Time `json:"awareness_until,omitzero"`
		ManagersUntil  time.Time `json:"managers_until,omitzero"`
	} `json:"training"`
	// Missing lists what this session lacks to open a file, in the order to get it: enrolment, passkey (to make one),
	// presence (to use it), awareness.
	Missing []string `json:"missing"`
}

func (h *handler) session(_ http.ResponseWriter, r *http.Request, session Session) (any, error) {
	shown := Shown{Assurance: session.Assurance, PasskeyAt: session.PasskeyAt, Expires: session.Expires,
		Roles: []string{}, Missing: []string{}}
	if session.Account == 0 {
		shown.Missing = append(shown.Missing, "enrolment")
		return shown, nil
	}
	account, err := h.directory.Account(r.Context(), session.Account)
	if err != nil {
		return nil, err
	}
	keys, err := h.store.Passkeys(r.Context(), account.ID)
	if err != nil {
		return nil, err
	}
	shown.Account, shown.Name, shown.Structure = account.ID, account.Name.Reveal(), account.Structure
	shown.Roles = append(shown.Roles, account.Roles.Names()...)
	shown.Training.AwarenessUntil, shown.Training.ManagersUntil = account.AwarenessUntil, account.ManagersUntil
	if len(keys) == 0 {
		shown.Missing = append(shown.Missing, "passkey")
	}
	if session.Assurance != policy.Weak {
		shown.Presence = h.settings.Presence
	} else {
		shown.Missing = append(shown.Missing, "presence")
	}
	if !h.now().Before(account.AwarenessUntil) {
		shown.Missing = append(shown.Missing, "awareness")
	}
	return shown, nil
}

// passkeyView is a passkey as its holder sees it.
type passkeyView struct {
	ID       string    `json:"id"` // base64url
	Name     string    `json:"name"`
	Made     time.Time `json:"made"`
	LastUsed time.Time `json:"last_used,omitzero"`
	Cloned   bool      `json:"cloned,omitzero"`
}

func viewOf(p Passkey) passkeyView {
	return passkeyView{base64.RawURLEncoding.EncodeToString(p.ID), p.Name, p.Made, p.LastUsed, p.Cloned}
}

func (h *handler) passkeys(_ http.ResponseWriter, r *http.Request, session Session) (any, error) {
	keys, err := h.Passkeys(r.Context(), session)
	list := make([]passkeyView, len(keys))
	for i, k := range keys {
		list[i] = viewOf(k)
	}
	return list, err
}

func (h *handler) passkeyOptions(_ http.ResponseWriter, r *http.Request, session Session) (any, error) {
	return h.BeginPasskey(r.Context(), session)
}

func (h *handler) passkey(_ http.ResponseWriter, r *http.Request, session Session) (any, error) {
	var in json.RawMessage
	var name struct {
		Name string `json:"name"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if json.Unmarshal(in, &name) != nil {
		return nil, refusal.New(cloison.Invalid, refusal.BadRequest, "the body is not the answer of navigator.credentials.create")
	}
	k, err := h.FinishPasskey(r.Context(), session, name.Name, in)
	return viewOf(k), err
}

// sessionView is one session in its holder's list.
type sessionView struct {
	ID       cloison.SessionID `json:"id"`
	Device   string            `json:"device"`
	Network  string            `json:"network"`
	Opened   time.Time         `json:"opened"`
	LastSeen time.Time         `json:"last_seen"`
	Here     bool              `json:"here"` // this request's own
}

func (h *handler) sessions(_ http.ResponseWriter, r *http.Request, session Session) (any, error) {
	live, err := h.Sessions(r.Context(), session)
	list := make([]sessionView, len(live))
	for i, l := range live {
		list[i] = sessionView{l.ID, l.Device, l.Network.String(), l.Opened, l.LastSeen, l.ID == session.ID}
	}
	return list, err
}

// actVerb is the verb of the path: one that signin itself does. The console begins the others.
func actVerb(r *http.Request) (Verb, error) {
	v := Verb(r.PathValue("verb"))
	if v != Presence && v != AddPasskey {
		return "", refusal.New(cloison.NotFound, refusal.BadRequest, "that act does not begin here")
	}
	return v, nil
}

func (h *handler) actOptions(_ http.ResponseWriter, r *http.Request, session Session) (any, error) {
	verb, err := actVerb(r)
	if err != nil {
		return nil, err
	}
	act, options, err := h.BeginAct(r.Context(), session, verb, struct{}{})
	return map[string]any{"act": act, "options": options}, err
}

func (h *handler) act(w http.ResponseWriter, r *http.Request, session Session) (any, error) {
	verb, err := actVerb(r)
	if err != nil {
		return nil, err
	}
	var in struct {
		Act       cloison.ActID   `json:"act"`
		Assertion json.RawMessage `json:"assertion"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	act, err := h.FinishAct(r.Context(), session, in.Act, in.Assertion)
	if err != nil {
		return nil, err
	}
	if act.Token != "" {
		if err := h.SetToken(w, r, act.Token); err != nil {
			return nil, err
		}
	}
	if act.Verb != verb {
		return nil, refusal.New(cloison.Invalid, refusal.BadRequest, "the act has another verb than the path")
	}
	return map[string]any{"act": act.ID, "verb": act.Verb}, nil
}

// readJSON reads a body that is one JSON value.
func readJSON(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	if err := d.Decode(into); err != nil {
		return refusal.New(cloison.Invalid, refusal.BadRequest, "the body is not the JSON that this route takes, or above %d bytes", maxBody)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refusal.New(cloison.Invalid, refusal.BadRequest, "the body goes on after its JSON value")
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, kind string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"status":500,"reason":"internal"}`)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(b) // the client is gone if this fails
}

func bareProblem(w http.ResponseWriter, _ *http.Request, p refusal.Problem) {
	writeJSON(w, p.Status, "application/problem+json", p)
}
