package console_test

import (
	"time"

	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/proconnect"
)

func standinAccount(email string) proconnect.Account {
	return proconnect.Account{Email: email, Given: "Camille", Usual: "Exemple", IdP: network.IdentiteProvider, Password: "x", Amr: []string{"pwd"},
		Acr: "eidas1", MailCode: true}
}

// promote gives an imported account another role, as the operator's import does.
func (w *world) promote(a network.Agent, role directory.Role) network.Agent {
	w.Helper()
	account, err := w.db.AccountByBinding(w.ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
	w.must(err)
	account.Roles = role
	w.must(w.db.UpdateAccount(w.ctx, account))
	return a
}

// sealed waits until so many rows are under a checkpoint.
func (w *world) sealed(rows int64) {
	w.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		mark, err := w.db.Sealed(w.ctx)
		w.must(err)
		if mark.Seq >= rows {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("%d of %d rows are sealed", mark.Seq, rows)
		}
	}
}

// accountOf finds an agent's account.
func (w *world) accountOf(a network.Agent) directory.Account {
	w.Helper()
	account, err := w.db.AccountByBinding(w.ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
	w.must(err)
	return account
}

// opened waits until the log has its first checkpoint, over no row.
func (w *world) opened() {
	w.Helper()
	visitor := w.visitor()
	for deadline := time.Now().Add(time.Minute); visitor.get("/ledger/checkpoint", "*/*").status != 200; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatal("the log was not opened")
		}
	}
}

// cuts waits for the first cut and lists all.
func (w *world) cuts() []contain.Cut {
	w.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		cuts, err := w.db.Cuts(w.ctx)
		w.must(err)
		if len(cuts) > 0 {
			return cuts
		}
		if time.Now().After(deadline) {
			w.Fatal("nothing was cut")
		}
	}
}
