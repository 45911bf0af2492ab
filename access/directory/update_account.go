package directory

import (
	"context"
	"strings"

	"cloison"
	"cloison/ledger/journal"
)

// Amend changes the name and the e-mail address of an account, as its structure's own list has them; an empty one
// stays. It does not change who the account is: that is its [Binding]. A value that is stored already changes
// nothing. The journal says which of the two changed, not the values; the former address is kept for the letter that
// tells its reader.
func (d *Directory) Amend(ctx context.Context, by cloison.Caller, id cloison.AccountID, name, email cloison.Personal) error {
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
		d.Record(ctx, journal.Event{Code: "account.amended", Actor: caller.ID, Account: id, Session: by.Session,
			Detail: map[string]string{"changed": strings.Join(changed, ",")}})
	}
	return err
}
