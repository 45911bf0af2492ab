package directory

import (
	"context"
	"strings"

	"cloison"
)

// Amend gives an account another name and e-mail address, as its structure's own list has them; an empty one stays as
// it is. Who the account is does not hang on either: it is its [Binding]. What is said already changes nothing. The
// journal says which of the two changed, not what it was; a former address is kept for the letter that tells its
// reader.
func (d *Directory) Amend(ctx context.Context, by Caller, id cloison.AccountID, name, email cloison.Personal) error {
	caller, err := d.Caller(ctx, by)
	if err != nil {
		return err
	}
	var changed []string
	err = cloison.RetryStale(func() error {
		a, err := d.store.Account(ctx, id)
		if err != nil {
			return err
		}
		if err := Allow(ToAmend, caller, a); err != nil {
			return err
		}
		if a.State == Closed {
			return cloison.Errorf(cloison.Conflict, "the account is closed")
		}
		changed = nil
		if n := cloison.Personal(strings.TrimSpace(name.Reveal())); n != "" && n != a.Name {
			if why := CheckName(n.Reveal()); why != "" {
				return cloison.Errorf(cloison.Invalid, "name: %s", why)
			}
			a.Name, changed = n, append(changed, "name")
		}
		if e := cloison.Personal(strings.ToLower(strings.TrimSpace(email.Reveal()))); e != "" && e != a.Email {
			if why := CheckEmail(e.Reveal()); why != "" {
				return cloison.Errorf(cloison.Invalid, "e-mail: %s", why)
			}
			a.Email, changed = e, append(changed, "email")
		}
		if len(changed) == 0 {
			return nil
		}
		return d.store.AmendAccount(ctx, a, d.now())
	})
	if err == nil && len(changed) > 0 {
		d.Record(ctx, Event{Code: "account.amended", Actor: caller.ID, Account: id, Session: by.Session,
			Detail: map[string]string{"changed": strings.Join(changed, ",")}})
	}
	return err
}
