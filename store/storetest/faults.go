package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/signin"
	"cloison/incident/contain"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

// Faulty is a database whose one replica passes by a fault.
type Faulty struct {
	Open   Open                    // opens the replica that passes by the fault
	Direct Open                    // opens one that does not
	Arm    func(n int, after bool) // makes the nth step from now fail, before it is done or after
	Disarm func() (fired bool)
	Dump   func() string // everything stored, as text
}

// RunFaults tries every write with a failure at each of its steps, before the step is done and after. What it asks is
// this: success means stored, an error that is not Internal means not stored, and after any of them the database goes
// on.
func RunFaults(t *testing.T, database func(t *testing.T) Faulty) {
	for _, write := range writes() {
		t.Run(strings.ReplaceAll(write.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			var unknownStored, unknownLost, refused bool
			for _, after := range []bool{false, true} {
				var f Faulty
				var do func(db All) error
				var db All
				var before string
				fresh := func() {
					f = database(t)
					w := &world{T: t, ctx: t.Context(), All: f.Direct(t), open: f.Direct}
					do = write.prepare(w)
					before = f.Dump()
					db = f.Open(t)
				}
				fresh()
				for step := 1; ; step++ {
					f.Arm(step, after)
					err := do(db)
					fired := f.Disarm()
					changed := f.Dump() != before
					switch kind := cloison.KindOf(err); {
					case !fired && err == nil && changed:
						// all steps were tried
					case err == nil && !changed:
						t.Fatalf("step %d, after %v: success, but nothing is stored", step, after)
					case err == nil:
						// the fault hit something that does not matter
					case kind == cloison.Internal:
						unknownStored, unknownLost = unknownStored || changed, unknownLost || !changed
					case changed:
						t.Fatalf("step %d, after %v: error of kind %q, but something is stored: %v", step, after, kind, err)
					case kind != cloison.Unavailable:
						t.Fatalf("step %d, after %v: error of kind %q, want unavailable: %v", step, after, kind, err)
					default:
						refused = true
					}
					if !fired {
						break
					}
					if changed {
						fresh()
					}
					if step > 60 {
						t.Fatal("the write has no end")
					}
				}
			}
			if !unknownStored || !unknownLost || !refused {
				t.Errorf("stored but reported failed %v, lost and unknown %v, not stored %v: want all three tried", unknownStored, unknownLost, refused)
			}
		})
	}
}

// aWrite prepares a database and returns the write to try on it.
type aWrite struct {
	name    string
	prepare func(w *world) func(db All) error
}

func writes() []aWrite {
	return []aWrite{
		{"commit", func(w *world) func(All) error {
			w.ok(w.commit(noon(), []ledger.Row{row(1, "first", noon())}, counter("a:1", 0, 1)))
			c := disclose.Commit{Fence: w.fence(), At: noon(), Counters: []disclose.Counter{counter("a:1", 1, 2), counter("l:1", 0, 1)},
				Refusals: []disclose.Refusal{{At: noon(), Account: 1}}, Alarms: []disclose.Alarm{{At: noon(), Account: 1}}}
			for i := range 20 {
				c.Rows = append(c.Rows, row(1, fmt.Sprint(i), noon()))
			}
			return func(db All) error { return second(db.Commit(w.ctx, c)) }
		}},
		{"update account", func(w *world) func(All) error {
			a := w.account("a")
			w.session(a.ID, 9)
			a.State = directory.Suspended
			return func(db All) error { return db.UpdateAccount(w.ctx, a) }
		}},
		{"decide proposal", func(w *world) func(All) error {
			maker, approver := w.account("maker").ID, w.account("approver").ID
			p := w.proposal(maker, "ML1", noon())
			w.ok(w.AddProposal(w.ctx, p, noon(), 9, 9))
			p.State, p.DecidedBy, p.Account = approval.Approved, approver, 77
			a := directory.Account{ID: 77, Structure: "ML1", CreatedBy: maker, ApprovedBy: approver}
			return func(db All) error { return db.DecideProposal(w.ctx, p, &a) }
		}},
		{"use enrolment", func(w *world) func(All) error {
			a := w.account("a")
			w.session(a.ID, 9)
			w.ok(w.SetEnrolment(w.ctx, approval.Enrolment{Digest: [32]byte{1}, Account: a.ID, Made: noon()}))
			return func(db All) error { return db.UseEnrolment(w.ctx, [32]byte{1}, a) }
		}},
		{"import caseload", func(w *world) func(All) error {
			a := w.account("a")
			batch := []explanation.Assignment{{Binding: a.Binding, Person: "p", Means: explanation.Caseload, Since: noon()},
				{Binding: a.Binding, Person: "q", Means: explanation.Caseload, Since: noon()}}
			return func(db All) error { return second(db.ImportCaseload(w.ctx, batch)) }
		}},
		{"import accounts", func(w *world) func(All) error {
			a := w.account("a")
			b := a
			a.Name, b.Binding.Sub, b.Email, b.ID = "other", "b", "b@ml1.example", 5
			return func(db All) error { return second(db.ImportAccounts(w.ctx, []directory.Account{a, b})) }
		}},
		{"cut", func(w *world) func(All) error {
			a, b := w.account("a"), w.account("b")
			w.session(a.ID, 9)
			w.ok(w.AddProposal(w.ctx, w.proposal(a.ID, "ML1", noon()), noon(), 9, 9))
			c := contain.Cut{ID: 1, Root: a.ID, Accounts: []cloison.AccountID{a.ID, b.ID}, At: noon(), Fence: w.fence()}
			return func(db All) error { return second(db.Cut(w.ctx, c)) }
		}},
		{"undo", func(w *world) func(All) error {
			a := w.account("a")
			w.cut(contain.Cut{ID: 1, Root: a.ID, Accounts: []cloison.AccountID{a.ID}, At: noon()})
			w.ok(w.AskUndo(w.ctx, 1, 8, noon()))
			return func(db All) error { return db.Undo(w.ctx, 1, 9, noon()) }
		}},
		{"add session", func(w *world) func(All) error {
			return func(db All) error { return db.AddSession(w.ctx, signin.Session{ID: 7, Account: 1, Opened: noon()}, 9) }
		}},
		{"revoke", func(w *world) func(All) error {
			w.session(1, 9)
			w.session(1, 9)
			return func(db All) error { return second(db.Revoke(w.ctx, 1, 0, "left", noon())) }
		}},
		{"spend state", func(w *world) func(All) error {
			return func(db All) error { return db.SpendState(w.ctx, [32]byte{1}, hours(1)) }
		}},
		{"take act", func(w *world) func(All) error {
			w.ok(w.AddAct(w.ctx, signin.Act{ID: 1, Session: 2, Subject: []byte("{}"), Challenge: []byte{1}}, 9))
			return func(db All) error { return second(db.TakeAct(w.ctx, 1, 2)) }
		}},
		{"use passkey", func(w *world) func(All) error {
			w.ok(w.AddPasskey(w.ctx, signin.Passkey{ID: []byte("k"), Account: w.account("a").ID, Credential: []byte("{}")}))
			return func(db All) error { return db.UsePasskey(w.ctx, []byte("k"), 5, 0, noon()) }
		}},
		{"mark sealed", func(w *world) func(All) error {
			return func(db All) error {
				return db.MarkSealed(w.ctx, seal.Mark{Seq: 1, Size: 1, Checkpoint: []byte("1"), At: noon()})
			}
		}},
		{"post letters", func(w *world) func(All) error {
			b := letters.Batch{Reader: "test", To: 1, Letters: []letters.Letter{letter("a", 7, letters.Factor), letter("b", 7, letters.Device)}}
			return func(db All) error { return db.Post(w.ctx, b) }
		}},
		{"claim a letter", func(w *world) func(All) error {
			w.post(letter("a", 7, letters.Factor))
			return func(db All) error {
				for range 500 {
					// A server may hold the letter for a connection that has just broken, and senders pass by it.
					if err := second(db.Claim(w.ctx, "me", noon(), hours(1))); cloison.KindOf(err) != cloison.NotFound {
						return err
					}
					time.Sleep(10 * time.Millisecond)
				}
				return second(db.Claim(w.ctx, "me", noon(), hours(1)))
			}
		}},
		{"settle a letter", func(w *world) func(All) error {
			w.post(letter("a", 7, letters.Factor))
			l, err := w.Claim(w.ctx, "me", noon(), hours(1))
			w.ok(err)
			l.State = letters.Sent
			return func(db All) error { return db.Settle(w.ctx, l) }
		}},
		{"fold letters", func(w *world) func(All) error {
			held := letter("a", 7, letters.Factor)
			held.State = letters.Held
			w.post(held)
			list, err := w.HeldLetters(w.ctx, 9)
			w.ok(err)
			return func(db All) error { return db.Fold(w.ctx, letter("digest", 7, letters.Digest), []int64{list[0].ID}) }
		}},
		{"witness an enrolment", func(w *world) func(All) error {
			e := approval.Enrolment{Digest: [32]byte{1}, Account: w.account("a").ID, Made: noon(), Proposal: 7}
			w.ok(w.SetEnrolment(w.ctx, e))
			e.Witness, e.Witnessed = w.account("b").ID, noon()
			return func(db All) error { return db.WitnessEnrolment(w.ctx, e) }
		}},
		{"add event", func(w *world) func(All) error {
			return func(db All) error { return db.AddEvent(w.ctx, journal.Event{At: noon(), Code: "x"}) }
		}},
	}
}
