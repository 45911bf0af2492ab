package console

import (
	"net/http"
	"net/url"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

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

func (v *overView) signedIn() bool { return false }

func (v *overView) title(s say) string { return s(i18n.Key("over.title_" + v.State)) }

// over answers GET /cloison/fin. Who is signed in, or never was, has nothing to read here.
func (c *Console) over(w http.ResponseWriter, r *http.Request) {
	view, err := c.ending(r)
	switch {
	case err != nil && cloison.KindOf(err) == cloison.NotFound:
		w.Header().Set("Location", "/cloison/")
		w.WriteHeader(http.StatusSeeOther)
	case err != nil:
		c.fail(w, r, err)
	case wantsJSON(r):
		c.writeJSON(w, r, http.StatusOK, view)
	default:
		c.show(w, r, http.StatusOK, "over", viewer{}, view)
	}
}

// ending finds how the session of a request ended; NotFound when it did not. It names nobody: whoever holds the cookie
// may read it.
func (c *Console) ending(r *http.Request) (*overView, error) {
	ended, err := c.Signin.EndedSession(r.Context(), r)
	if err != nil {
		return nil, err
	}
	view := &overView{State: directory.Active.String(), At: ended.At, Ended: ended.Reason, Return: ownPath(r),
		Wrong: ended.Reason == "passkey_cloned" || ended.Reason == "ended_by_owner"}
	if ended.Account == 0 {
		return view, nil
	}
	a, err := c.Store.Account(r.Context(), ended.Account)
	switch {
	case err != nil:
		return nil, err
	case a.State == directory.Suspended:
		view.At, view.Reason, view.By = a.SuspendedAt, a.Reason, "system"
		if a.SuspendedBy != 0 {
			view.By = c.stopper(r, a)
		}
		fallthrough
	case a.State == directory.Closed:
		view.State = a.State.String()
	}
	return view, nil
}

// stopper says in what quality somebody suspended an account.
func (c *Console) stopper(r *http.Request, a directory.Account) string {
	if a.SuspendedBy == a.ID {
		return "self"
	}
	by, err := c.Store.Account(r.Context(), a.SuspendedBy)
	if err == nil && by.Structure == a.Structure && by.Roles&network == 0 {
		return "structure"
	}
	return "network"
}

// stopped is where somebody goes on whose session was ended: to the reason, when there is one to tell.
func (c *Console) stopped(r *http.Request) (path string, ok bool) {
	if _, err := c.Signin.EndedSession(r.Context(), r); err != nil {
		return "", false
	}
	return signin.Over + "?return=" + url.QueryEscape(back(r)), true
}

// Ended says why a session ended; a code without words, as that of a cut, is not for whoever holds a cookie.
func (s *sheet) Ended(code string) string {
	if key := i18n.Key("over.why_" + code); s.console.words.Has(key) {
		return s.say(key)
	}
	return s.say("over.why_other")
}
