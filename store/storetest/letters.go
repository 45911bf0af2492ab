package storetest

import (
	"fmt"
	"sync"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
)

// letter is a letter that is due at noon.
func letter(key string, to cloison.AccountID, kind letters.Kind) letters.Letter {
	return letters.Letter{Key: key, Kind: kind, Weight: letters.WeightOf(kind), To: to, As: letters.ToHolder, About: to,
		Address: "alice@ml1.example", Subject: "Votre habilitation", Body: "Bonjour,\n\nœuvre « é »\n", State: letters.Unsent, Made: noon(),
		Due: noon()}
}

// post posts letters wherever the reader is.
func (w *world) post(list ...letters.Letter) {
	w.Helper()
	at, err := w.Cursor(w.ctx, "test")
	w.ok(err)
	w.ok(w.Post(w.ctx, letters.Batch{Reader: "test", From: at, To: at + 1, Letters: list}))
}

// outbox is all letters, oldest first, without numbers.
func (w *world) outbox() (list []letters.Letter) {
	w.Helper()
	newest, err := w.Letters(w.ctx, "", 0, 10_000)
	w.ok(err)
	for i := len(newest) - 1; i >= 0; i-- {
		newest[i].ID = 0
		list = append(list, newest[i])
	}
	return list
}

func letterTests() []test {
	return []test{
		{"a letter is as it was posted, once for each key", func(w *world) {
			a, b := letter("a", 7, letters.Factor), letter("b", 8, letters.Training)
			w.keeps(func() { w.post(a, b, a) })
			changed := a
			changed.Body = "another"
			w.post(changed)
			same(w, "the outbox", w.outbox(), []letters.Letter{a, b})
		}},
		{"a reader that is not where it thinks posts nothing", func(w *world) {
			w.post(letter("a", 7, letters.Factor))
			for _, from := range []int64{0, 2, -1} {
				w.is(cloison.Stale, w.Post(w.ctx, letters.Batch{Reader: "test", From: from, To: 9,
					Letters: []letters.Letter{letter("b", 7, letters.Factor)}}))
			}
			w.ok(w.Post(w.ctx, letters.Batch{Reader: "test", From: 1, To: 1, Letters: []letters.Letter{letter("c", 7, letters.Factor)}}))
			if at, err := w.Cursor(w.ctx, "test"); err != nil || at != 1 || len(w.outbox()) != 2 {
				w.Errorf("the reader is at %d with %d letters, %v", at, len(w.outbox()), err)
			}
		}},
		{"of many replicas at one place one posts", func(w *world) {
			var wg sync.WaitGroup
			errs := make(chan error, 8)
			for i := range 8 {
				db := w.replica()
				wg.Go(func() {
					errs <- db.Post(w.ctx, letters.Batch{Reader: "test", From: 0, To: 5,
						Letters: []letters.Letter{letter(fmt.Sprint(i), 7, letters.Factor)}})
				})
			}
			wg.Wait()
			won := 0
			for range 8 {
				if err := <-errs; err == nil {
					won++
				} else {
					w.is(cloison.Stale, err)
				}
			}
			if won != 1 || len(w.outbox()) != 1 {
				w.Errorf("%d posted %d letters", won, len(w.outbox()))
			}
		}},
		{"warnings are claimed first, then by age, when they are due", func(w *world) {
			late := letter("late", 7, letters.Factor)
			late.Due = hours(1)
			w.post(letter("reminder", 7, letters.Training), letter("notice", 7, letters.Decided), late, letter("first", 7, letters.Device),
				letter("second", 7, letters.Factor))
			for _, want := range []string{"first", "second", "notice", "reminder"} {
				l, err := w.Claim(w.ctx, "me", noon(), hours(1))
				w.ok(err)
				if l.Key != want || l.State != letters.Sending || l.Tries != 1 || l.Holder != "me" || !l.Until.Equal(hours(1)) || l.Body == "" {
					w.Errorf("claimed %+v, want %s", l, want)
				}
			}
			_, err := w.Claim(w.ctx, "me", noon(), hours(1))
			w.is(cloison.NotFound, err)
			l, err := w.Claim(w.ctx, "me", hours(1), hours(2))
			w.ok(err)
			same(w, "the later one", l.Key, "late")
		}},
		{"a letter is claimed once, whoever asks at once", func(w *world) {
			const n = 60
			for i := range n {
				w.post(letter(fmt.Sprint(i), 7, letters.Factor))
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			taken := map[int64]string{}
			for i := range 4 {
				db, me := w.replica(), fmt.Sprint("sender ", i)
				wg.Go(func() {
					for {
						l, err := db.Claim(w.ctx, me, noon(), hours(1))
						if err != nil {
							if cloison.KindOf(err) != cloison.NotFound {
								w.Error(err)
							}
							return
						}
						mu.Lock()
						if other, twice := taken[l.ID]; twice {
							w.Errorf("%s and %s have letter %d", other, me, l.ID)
						}
						taken[l.ID] = me
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if len(taken) != n {
				w.Errorf("%d of %d letters were claimed", len(taken), n)
			}
		}},
		{"only its holder settles a letter, and what is sent has no text", func(w *world) {
			w.post(letter("a", 7, letters.Factor))
			l, err := w.Claim(w.ctx, "me", noon(), hours(1))
			w.ok(err)
			other := l
			other.Holder, other.State = "you", letters.Failed
			w.is(cloison.Stale, w.Settle(w.ctx, other))
			l.State, l.Settled, l.Reply = letters.Sent, noon(), "250"
			w.ok(w.Settle(w.ctx, l))
			w.is(cloison.Stale, w.Settle(w.ctx, l))
			got, err := w.Letter(w.ctx, l.ID)
			w.ok(err)
			l.Body = ""
			same(w, "the letter", got, l)
			_, err = w.Letter(w.ctx, l.ID+1)
			w.is(cloison.NotFound, err)
		}},
		{"a lease that ends leaves a doubt, which its sender may still lift", func(w *world) {
			w.post(letter("a", 7, letters.Factor))
			l, err := w.Claim(w.ctx, "me", noon(), hours(1))
			w.ok(err)
			lapsed, err := w.Lapse(w.ctx, hours(1).Add(-time.Millisecond), hours(-72))
			w.ok(err)
			same(w, "lapsed in time", len(lapsed), 0)
			lapsed, err = w.Lapse(w.ctx, hours(1), hours(-72))
			w.ok(err)
			if len(lapsed) != 1 || lapsed[0].ID != l.ID || lapsed[0].State != letters.Doubtful || lapsed[0].Reply != "crash" {
				w.Fatalf("lapsed: %+v", lapsed)
			}
			_, err = w.Claim(w.ctx, "you", hours(2), hours(3)) // not sent again by itself
			w.is(cloison.NotFound, err)
			l.State, l.Settled = letters.Sent, hours(2)
			w.ok(w.Settle(w.ctx, l))
			w.is(cloison.Conflict, w.Resend(w.ctx, l.ID, hours(2)))
		}},
		{"a doubtful letter goes again when somebody says so, and no more to its old sender", func(w *world) {
			w.post(letter("a", 7, letters.Factor))
			old, err := w.Claim(w.ctx, "me", noon(), hours(1))
			w.ok(err)
			w.is(cloison.Conflict, w.Resend(w.ctx, old.ID, noon())) // in hand
			_, err = w.Lapse(w.ctx, hours(1), hours(-72))
			w.ok(err)
			w.ok(w.Resend(w.ctx, old.ID, hours(2)))
			w.is(cloison.Conflict, w.Resend(w.ctx, old.ID, hours(2)))
			old.State = letters.Sent
			w.is(cloison.Stale, w.Settle(w.ctx, old))
			l, err := w.Claim(w.ctx, "you", hours(2), hours(3))
			w.ok(err)
			if l.ID != old.ID || l.Tries != 1 || l.Body == "" || !l.Settled.IsZero() || l.Reply != "" {
				w.Errorf("again: %+v", l)
			}
		}},
		{"what nobody sent in time fails", func(w *world) {
			old := letter("old", 7, letters.Factor)
			old.Made = hours(-73)
			w.post(old, letter("new", 7, letters.Factor))
			lapsed, err := w.Lapse(w.ctx, noon(), hours(-72))
			w.ok(err)
			if len(lapsed) != 1 || lapsed[0].Key != "old" || lapsed[0].State != letters.Failed || lapsed[0].Reply != "too_old" {
				w.Errorf("lapsed: %+v", lapsed)
			}
		}},
		{"letters that are held become one", func(w *world) {
			held := func(key string, to cloison.AccountID, kind letters.Kind) letters.Letter {
				l := letter(key, to, kind)
				l.State = letters.Held
				return l
			}
			w.post(held("b", 8, letters.Device), held("r", 7, letters.Training), held("a", 7, letters.Device), letter("n", 7, letters.Device))
			list, err := w.HeldLetters(w.ctx, 10)
			w.ok(err)
			var keys []string
			var ids []int64
			for _, l := range list {
				keys, ids = append(keys, l.Key), append(ids, l.ID)
			}
			same(w, "held, by recipient and weight", keys, []string{"a", "r", "b"})
			if n, err := w.Recent(w.ctx, 7, letters.Device, noon()); err != nil || n != 1 {
				w.Errorf("recent: %d, %v; what is held does not count", n, err)
			}
			w.ok(w.Fold(w.ctx, letter("digest", 7, letters.Digest), ids[:2]))
			w.is(cloison.Stale, w.Fold(w.ctx, letter("digest 2", 7, letters.Digest), ids[1:]))
			tally, err := w.Tally(w.ctx)
			w.ok(err)
			same(w, "tally", tally, map[letters.State]int{letters.Held: 1, letters.Folded: 2, letters.Unsent: 2})
		}},
		{"the outbox is read newest first and forgets what is done", func(w *world) {
			for i := range 5 {
				w.post(letter(fmt.Sprint(i), 7, letters.Factor))
			}
			page, err := w.Letters(w.ctx, letters.Unsent, 0, 2)
			w.ok(err)
			next, err := w.Letters(w.ctx, letters.Unsent, page[1].ID, 10)
			w.ok(err)
			if page[0].Key != "4" || page[1].Key != "3" || len(next) != 3 || next[0].Key != "2" {
				w.Errorf("pages %+v %+v", page, next)
			}
			l, err := w.Claim(w.ctx, "me", noon(), hours(1))
			w.ok(err)
			l.State = letters.Sent
			w.ok(w.Settle(w.ctx, l))
			w.ok(w.Forget(w.ctx, noon()))
			same(w, "letters kept", len(w.outbox()), 5)
			w.ok(w.Forget(w.ctx, hours(1)))
			same(w, "letters left", len(w.outbox()), 4)
		}},
		{"who bears a role in a structure, as long as active", func(w *world) {
			a := w.account("diane")
			a.Roles = directory.Director | directory.Adviser
			w.ok(w.UpdateAccount(w.ctx, a))
			w.account("alice")
			for structure, want := range map[cloison.StructureID]int{"ML1": 1, "": 1, "ML2": 0} {
				if got, err := w.Bearers(w.ctx, structure, directory.Director, 10); err != nil || len(got) != want {
					w.Errorf("%q has %d directors, %v; want %d", structure, len(got), err, want)
				}
			}
			a = w.read(a.ID)
			a.State = directory.Suspended
			w.ok(w.UpdateAccount(w.ctx, a))
			if got, err := w.Bearers(w.ctx, "", directory.Director, 10); err != nil || len(got) != 0 {
				w.Errorf("a suspended director is written to as one: %v, %v", got, err)
			}
		}},
		{"a code keeps its witness, until the witness is no more", func(w *world) {
			holder, witness := w.account("holder"), w.account("witness")
			e := approval.Enrolment{Digest: [32]byte{1}, Account: holder.ID, Made: noon(), Expires: hours(9), Proposal: 77}
			w.ok(w.SetEnrolment(w.ctx, e))
			got, err := w.EnrolmentOf(w.ctx, holder.ID)
			w.ok(err)
			same(w, "the code", got, e)
			e.Witness, e.Witnessed, e.Word = witness.ID, noon(), [32]byte{9}
			w.keeps(func() { w.ok(w.WitnessEnrolment(w.ctx, e)) })
			got, err = w.Enrolment(w.ctx, e.Digest)
			w.ok(err)
			same(w, "the witnessed code", got, e)
			witness = w.read(witness.ID)
			witness.State = directory.Suspended
			w.ok(w.UpdateAccount(w.ctx, witness))
			holder = w.read(holder.ID)
			w.is(cloison.Stale, w.UseEnrolment(w.ctx, e.Digest, holder))
			w.is(cloison.Stale, w.WitnessEnrolment(w.ctx, e))
			_, err = w.EnrolmentOf(w.ctx, witness.ID)
			w.is(cloison.NotFound, err)
			e.Witness = 0
			w.ok(w.WitnessEnrolment(w.ctx, e)) // a witness is not always at hand
			w.ok(w.UseEnrolment(w.ctx, e.Digest, holder))
			w.is(cloison.Stale, w.WitnessEnrolment(w.ctx, e))
		}},
	}
}
