package public

import (
	"net/http"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/console/web"
)

// ended is the page that says why a session is over.
type ended struct{ *web.Site }

// overView is GET /cloison/fin: why a session has ended, to the browser that still holds its cookie. Open pages come
// here by themselves (static/live.js), others at their next click.
type overView struct {
	State  string    `json:"state"`                // of the account: suspended, closed; else active
	At     time.Time `json:"at"`                   // when the account was suspended, or the session ended
	By     string    `json:"by,omitempty"`         // of a suspension: self, network, structure, system
	Reason string    `json:"reason,omitempty"`     // a code of the catalogue
	Ended  string    `json:"why_ended"`            // of a session: a code of the catalogue
	Return string    `json:"-"`                    // where a new sign-in leads
	Wrong  bool      `json:"suspicious,omitempty"` // it asks for a call, and not only for a new sign-in
}

// HasSession reports that there is no session to end.
func (v *overView) HasSession() bool { return false }

func (v *overView) Title(s web.Say) string { return s(web.Family("over.title_").Of(v.State)) }

// page answers GET /cloison/fin. Who is signed in, or never was, has nothing to read here.
func (h *ended) page(w http.ResponseWriter, r *http.Request) {
	view, err := h.ending(r)
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound:
		w.Header().Set("Location", "/cloison/")
		w.WriteHeader(http.StatusSeeOther)
	case err != nil:
		h.Fail(w, r, err)
	case web.WantsJSON(r):
		h.WriteJSON(w, r, http.StatusOK, view)
	default:
		h.Show(w, r, http.StatusOK, "over", web.Viewer{}, view)
	}
}

// ending finds how the session of a request ended; NotFound when it did not. It names nobody: anybody who holds the cookie
// may read it.
func (h *ended) ending(r *http.Request) (*overView, error) {
	ended, err := h.Signin.EndedSession(r.Context(), r)
	if err != nil {
		return nil, err
	}
	view := &overView{State: directory.Active.String(), At: ended.At, Ended: ended.Reason, Return: ownPath(r),
		Wrong: ended.Reason == "passkey_cloned" || ended.Reason == "ended_by_owner"}
	if ended.Account == 0 {
		return view, nil
	}
	a, err := h.Accounts.Account(r.Context(), ended.Account)
	switch {
	case err != nil:
		return nil, err
	case a.State == directory.Suspended:
		view.At, view.Reason, view.By = a.SuspendedAt, a.Reason, "system"
		if a.SuspendedBy != 0 {
			view.By = h.stopper(r, a)
		}
		fallthrough
	case a.State == directory.Closed:
		view.State = a.State.String()
	}
	return view, nil
}

// stopper says in what quality somebody suspended an account.
func (h *ended) stopper(r *http.Request, a directory.Account) string {
	if a.SuspendedBy == a.ID {
		return "self"
	}
	by, err := h.Accounts.Account(r.Context(), a.SuspendedBy)
	if err == nil && by.Structure == a.Structure && by.Roles&web.NetworkRoles == 0 {
		return "structure"
	}
	return "network"
}

// WhyEnded says why the session ended; a code without words, as that of a cut, is not for a browser that holds a cookie alone.
func (v *overView) WhyEnded(s *web.Sheet) string {
	if key := web.Family("over.why_").Of(v.Ended); s.Has(key) {
		return s.Say(key)
	}
	return s.Say("over.why_other")
}
