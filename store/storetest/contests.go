package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/incident/contain"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

func raceProposals(w *world) {
	makers := make([]cloison.AccountID, workers+1)
	for i := range makers {
		makers[i] = w.account(fmt.Sprint("maker", i)).ID
	}
	n := w.winners(func(i int, db All) error {
		return db.AddProposal(w.ctx, w.proposal(makers[workers], "ML1", noon()), noon(), 3, 9)
	}, cloison.Denied)
	same(w, "proposals of one maker", n, 3)
	n = w.winners(func(i int, db All) error {
		return db.AddProposal(w.ctx, w.proposal(makers[i], "ML1", noon()), noon(), 3, 5)
	}, cloison.Denied)
	same(w, "proposals of other makers", n, 2)
	p := first(w.Proposals(w.ctx, ""))[0]
	p.State = approval.Refused
	same(w, "decisions", w.winners(func(i int, db All) error { return db.DecideProposal(w.ctx, p, nil) }, cloison.Stale), 1)
}

func raceOnce(w *world) {
	a := w.account("claire")
	w.ok(w.SetEnrolment(w.ctx, approval.Enrolment{Digest: [32]byte{1}, Account: a.ID, Made: noon(), Expires: hours(1)}))
	same(w, "uses of a code", w.winners(func(i int, db All) error {
		b := a
		b.Binding.Sub = fmt.Sprint("sub", i)
		return db.UseEnrolment(w.ctx, [32]byte{1}, b)
	}, cloison.Conflict, cloison.Stale), 1)
	same(w, "uses of a state", w.winners(func(i int, db All) error { return db.SpendState(w.ctx, [32]byte{1}, hours(1)) }, cloison.Conflict), 1)
	same(w, "first sights of a place", w.winners(func(i int, db All) error { return unseen(w, db, a.ID) }, cloison.Conflict), 1)
	w.ok(w.AddAct(w.ctx, signin.Act{ID: 1, Session: 2, Subject: []byte("{}"), Challenge: []byte{1}}, 9))
	same(w, "uses of an act", w.winners(func(i int, db All) error { return second(db.TakeAct(w.ctx, 1, 2)) }, cloison.NotFound), 1)
	a = w.read(a.ID)
	same(w, "updates of a version", w.winners(func(i int, db All) error { return db.UpdateAccount(w.ctx, a) }, cloison.Stale), 1)
	w.ok(w.AddPasskey(w.ctx, signin.Passkey{ID: []byte("k"), Account: a.ID, Credential: []byte("{}")}))
	same(w, "uses of a counter", w.winners(func(i int, db All) error { return db.UsePasskey(w.ctx, []byte("k"), 5, 0, noon()) }, cloison.Conflict), 1)
	w.cut(contain.Cut{ID: 1, Accounts: []cloison.AccountID{a.ID}, At: noon()})
	same(w, "wishes", w.winners(func(i int, db All) error { return db.AskUndo(w.ctx, 1, cloison.AccountID(i+1), noon()) }, cloison.Conflict), 1)
	same(w, "undoings", w.winners(func(i int, db All) error { return db.Undo(w.ctx, 1, 99, noon()) }, cloison.Conflict), 1)
	var codes atomic.Int64
	w.race(func(i int, db All) {
		if err := db.SetEnrolment(w.ctx, approval.Enrolment{Digest: [32]byte{9, byte(i)}, Account: a.ID, Made: noon()}); err != nil {
			w.Error(err)
		}
	})
	for i := range workers {
		if _, err := w.Enrolment(w.ctx, [32]byte{9, byte(i)}); err == nil {
			codes.Add(1)
		}
	}
	same(w, "codes that work", codes.Load(), 1)
}

func raceFailures(w *world) {
	var mu sync.Mutex
	seen := map[int]bool{}
	w.race(func(i int, db All) {
		n, err := db.Fail(w.ctx, "k", noon(), noon())
		if err != nil {
			w.Error(err)
		}
		mu.Lock()
		seen[n] = true
		mu.Unlock()
	})
	same(w, "different counts", len(seen), workers)
}

func raceEvents(w *world) {
	ctx, stop := context.WithCancel(w.ctx)
	db := w.replica()
	var reader sync.WaitGroup
	var after int64
	var read int
	reader.Go(func() {
		for last := false; ; {
			list, err := db.Events(w.ctx, after, 5)
			if err != nil {
				w.Error(err)
				return
			}
			for _, e := range list {
				after, read = e.Seq, read+1
			}
			if last && len(list) == 0 {
				return
			}
			last = ctx.Err() != nil
		}
	})
	w.race(func(i int, db All) {
		for range 10 {
			if err := db.AddEvent(w.ctx, journal.Event{At: noon(), Code: "x"}); err != nil {
				w.Error(err)
			}
		}
	})
	stop()
	reader.Wait()
	same(w, "events read", read, workers*10)
}

func raceLease(w *world) {
	var held atomic.Int64
	w.race(func(i int, db All) {
		ok, err := db.Lease(w.ctx, fmt.Sprint("sealer", i), time.Hour)
		if err != nil {
			w.Error(err)
		}
		if ok {
			held.Add(1)
		}
	})
	same(w, "holders", held.Load(), 1)
}

func raceMarks(w *world) {
	w.race(func(i int, db All) {
		for k := range 10 {
			size := uint64(1 + (k*workers+i*37)%80)
			err := db.MarkSealed(w.ctx, seal.Mark{Seq: int64(size), Size: size, Checkpoint: []byte{byte(size)}, At: noon()})
			if err != nil && cloison.KindOf(err) != cloison.Stale {
				w.Error(err)
			}
			m, err := db.Sealed(w.ctx)
			if err != nil || m.Size < size || m.Checkpoint[0] != byte(m.Size) {
				w.Errorf("mark %d after storing %d: %v", m.Size, size, err)
			}
		}
	})
}

func raceImports(w *world) {
	a, b := w.account("a"), w.account("b")
	var batch []explanation.Assignment
	for i := range 200 {
		for _, of := range []directory.Account{a, b} {
			batch = append(batch, explanation.Assignment{Binding: of.Binding, Person: cloison.PersonRef(fmt.Sprint("p", i)), Means: explanation.Caseload, Since: hours(-1)})
		}
	}
	line := directory.Account{Structure: "ML1", Email: "same@ml1.example", Binding: directory.Binding{IdP: "idp", Sub: "same"}}
	w.race(func(i int, db All) {
		mine := append([]explanation.Assignment(nil), batch...)
		rand.New(rand.NewPCG(1, uint64(i))).Shuffle(len(mine), func(x, y int) { mine[x], mine[y] = mine[y], mine[x] })
		if _, err := db.ImportCaseload(w.ctx, mine); err != nil {
			w.Error(err)
		}
		refused, err := db.ImportAccounts(w.ctx, []directory.Account{line})
		if err != nil || refused[0] != nil {
			w.Error(err, refused)
		}
	})
	for _, of := range []cloison.AccountID{a.ID, b.ID} {
		same(w, "caseload", len(first(w.Caseload(w.ctx, of, noon()))), 200)
	}
	same(w, "accounts", len(first(w.Accounts(w.ctx, "ML1", 0, 99))), 3)
}

// raceAll mixes what locks many rows with commits: it must end, and every answer must be a decision. (A
// deadlock shows as Unavailable, or as a test that hangs.)
func raceAll(w *world) {
	accounts := []directory.Account{w.account("a"), w.account("b"), w.account("c")}
	w.race(func(i int, db All) {
		for k := range 8 {
			a := accounts[(i+k)%3]
			s := signin.Session{ID: cloison.NewSessionID(), Account: a.ID, Token: [32]byte{byte(i), byte(k)}, Opened: noon(), Expires: hours(k - 4), Version: 1}
			var err error
			switch (i + k) % 8 {
			case 0:
				err = db.AddSession(w.ctx, s, 9)
			case 1:
				_, err = db.Revoke(w.ctx, a.ID, 0, "x", noon())
			case 2:
				err = db.Sweep(w.ctx, noon(), noon())
			case 3:
				fence, _ := db.Fence(w.ctx)
				_, err = db.Cut(w.ctx, contain.Cut{ID: cloison.NewActID(), Accounts: []cloison.AccountID{accounts[2].ID, a.ID}[:1+k%2], At: noon(), Fence: fence})
			case 4:
				err = db.SetEnrolment(w.ctx, approval.Enrolment{Digest: [32]byte{byte(i), byte(k), 1}, Account: a.ID, By: accounts[0].ID, Made: noon()})
			case 5:
				err = db.AddProposal(w.ctx, w.proposal(a.ID, "ML1", noon()), noon(), 999, 999)
			default:
				gate, _ := db.Gate(w.ctx)
				counters, _ := db.Tallies(w.ctx, []disclose.Counted{"a:1", "a:2", "s:ML1"})
				_, err = db.Commit(w.ctx, disclose.Commit{Fence: gate.Fence, At: noon(), Rows: []ledger.Row{row(a.ID, fmt.Sprint(i, k), noon())}, Counters: counters})
			}
			if k := cloison.KindOf(err); err != nil && k != cloison.Stale && k != cloison.Conflict {
				w.Errorf("%q: %v", k, err)
			}
		}
	})
	w.complete(nil, false)
}
