package signin_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/fakes/softkey"
	"cloison/rules/policy"
)

func TestEnrolment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Who["mail"]
	a.State, a.Binding = directory.Pending, directory.Binding{}
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	b := w.browser().in("mail")
	if live := w.live(b); live.Account != 0 {
		t.Fatalf("it has account %s", live.Account)
	}
	for path, reason := range map[string]refusal.Reason{"passkey/options": refusal.NoAccount, "act/presence/options": refusal.NoAccount} {
		w.want(b.send(http.MethodPost, "/cloison/"+path, struct{}{}), http.StatusForbidden, reason)
	}
	code, err := w.Approvals.IssueCode(w.Ctx, a.ID, false)
	w.Must(err)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": "pas un code"}), http.StatusBadRequest, refusal.CodeMalformed)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": "0000-0000-0000-0000"}), http.StatusForbidden, refusal.CodeUnknown)
	before := b.stolen()
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusOK, "")
	_, err = w.session(before)
	w.wantReason(err, refusal.SignedOut)
	w.want(b.act(signin.Presence), http.StatusForbidden, refusal.PasskeyNone)
	w.want(b.register("Téléphone"), http.StatusOK, "")
	w.want(b.register("un autre"), http.StatusForbidden, refusal.PasskeyNotOpen) // one a code
	if live := w.live(b); live.Account != a.ID || live.Assurance != policy.Weak {
		t.Errorf("enrolled: %+v", live)
	}
	w.want(b.act(signin.Presence), http.StatusOK, "")
	if live := w.live(b); live.Assurance != policy.OwnPasskey || !live.PasskeyAt.Equal(w.Now()) {
		t.Errorf("present: %+v", live)
	}
	w.want(w.browser().in("nobody").send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusForbidden, refusal.CodeUnknown)
}

func TestCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().in("nobody")
	for range 10 {
		w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": "0000-0000-0000-0000"}), http.StatusForbidden, refusal.CodeUnknown)
	}
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": "0000-0000-0000-0000"}), http.StatusForbidden, "code_locked")
	again := w.browser().in("nobody") // another session of the same subject
	w.want(again.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": "0000-0000-0000-0000"}), http.StatusForbidden, "code_locked")
}

// TestTheGrantIsForHereAndNow: a passkey is made where the code was used, and soon.
func TestTheGrantIsForHereAndNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().in("mail")
	w.want(b.register("sans code"), http.StatusForbidden, refusal.PasskeyNotOpen)
	code, err := w.Approvals.IssueCode(w.Ctx, w.Who["mail"].ID, false)
	w.Must(err)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusOK, "")
	thief := b.stolen()
	thief.address = elsewhere
	w.want(thief.register("d’ailleurs"), http.StatusForbidden, refusal.PasskeyNotOpen)
	b.key.Unverified = true
	w.want(b.register("sans vérification"), http.StatusForbidden, refusal.PasskeyRefused)
	b.key = softkey.New()
	w.Clock.Add(14 * time.Minute)
	w.want(b.register("à temps"), http.StatusOK, "") // a wrong answer does not cost the code

	code, err = w.Approvals.IssueCode(w.Ctx, w.Who["mail"].ID, false)
	w.Must(err)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusOK, "")
	w.Clock.Add(15 * time.Minute)
	w.want(b.register("trop tard"), http.StatusForbidden, refusal.PasskeyNotOpen)
}

func TestASecondPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	w.want(b.act(signin.AddPasskey), http.StatusOK, "")
	first := b.key
	b.key = softkey.New()
	w.Clock.Add(time.Second)
	w.want(b.register("Clé de secours"), http.StatusOK, "")
	w.want(b.act(signin.Presence), http.StatusOK, "") // with the second
	var keys []struct{ ID, Name string }
	w.Must(json.Unmarshal([]byte(b.get("/cloison/passkeys").body), &keys))
	if len(keys) != 2 || keys[0].Name != "Téléphone" || keys[1].Name != "Clé de secours" {
		t.Fatalf("passkeys %+v", keys)
	}
	w.Clock.Add(6 * time.Minute)
	w.wantReason(b.removes(keys[0].ID), refusal.PasskeyNeeded)
	w.want(b.act(signin.Presence), http.StatusOK, "")
	w.wantReason(b.removes("AAAA"), refusal.PasskeyUnknown)
	w.Must(b.removes(keys[0].ID))
	w.wantReason(b.removes(keys[1].ID), refusal.PasskeyLast)
	if _, err := first.Assert(w.origin, w.options(b)); err == nil {
		t.Error("the removed key is still asked for")
	}
}

// options begins an act of presence.
func (w *world) options(b *browser) []byte {
	_, options, err := w.signin.BeginAct(w.Ctx, w.live(b), signin.Presence, struct{}{})
	w.Must(err)
	return options
}

func TestAnActIsApprovedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	session := w.live(b)
	subject := map[string]any{"proposal": cloison.ActID(7), "structure": "ML1"}
	id, options, err := w.signin.BeginAct(w.Ctx, session, signin.Approve, subject)
	w.Must(err)
	assertion, err := b.key.Assert(w.origin, options)
	w.Must(err)
	act, err := w.signin.FinishAct(w.Ctx, session, id, assertion)
	if err != nil || act.Verb != signin.Approve || act.Account != session.Account || act.Token != "" ||
		string(act.Subject) != `{"proposal":"n000000000007","structure":"ML1"}` || string(act.Passkey) != string(b.key.Credentials()[0]) {
		t.Errorf("%+v, %v", act, err)
	}
	_, err = w.signin.FinishAct(w.Ctx, session, id, assertion)
	w.wantReason(err, refusal.ActUnknown)
	if after := w.live(b); after.PasskeyAt != session.PasskeyAt {
		t.Error("an approval is a presence")
	}
}

// TestAnActIsApprovedOnceAmongMany: of many answers at the same time, on two replicas, one counts.
func TestAnActIsApprovedOnceAmongMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	session := w.live(b)
	replica := w.replica(w.settings)
	id, options, err := w.signin.BeginAct(w.Ctx, session, signin.Contain, "a1")
	w.Must(err)
	assertion, err := b.key.Assert(w.origin, options)
	w.Must(err)
	var approved atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			stage := []*signin.Signin{w.signin, replica}[i%2]
			switch _, err := stage.FinishAct(w.Ctx, session, id, assertion); {
			case err == nil:
				approved.Add(1)
			case refusal.ReasonOf(err) != refusal.ActUnknown:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := approved.Load(); n != 1 {
		t.Errorf("approved %d times", n)
	}
}

// TestAnAssertionIsForOneAct: what approved something else, for somebody else, elsewhere or then approves nothing.
func TestAnAssertionIsForOneAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.present("mail"), w.present("strong")
	second := w.browser().in("mail")
	second.key = b.key
	w.want(second.act(signin.Presence), http.StatusOK, "")
	begin := func(b *browser, verb signin.Verb, subject any) (cloison.ActID, []byte) {
		t.Helper()
		id, options, err := w.signin.BeginAct(w.Ctx, w.live(b), verb, subject)
		w.Must(err)
		assertion, err := b.key.Assert(w.origin, options)
		w.Must(err)
		return id, assertion
	}
	small, assertion := begin(b, signin.Suspend, "a1")
	for name, id := range map[string]cloison.ActID{
		"another subject": first(begin(b, signin.Suspend, "a2")),
		"another verb":    first(begin(b, signin.Contain, "a1")),
		"the same again":  first(begin(b, signin.Suspend, "a1")),
	} {
		if _, err := w.signin.FinishAct(w.Ctx, w.live(b), id, assertion); refusal.ReasonOf(err) != refusal.PasskeyRefused {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.signin.FinishAct(w.Ctx, w.live(b), id, assertion); refusal.ReasonOf(err) != refusal.ActUnknown {
			t.Errorf("%s, a second time: %v", name, err)
		}
	}
	for name, session := range map[string]signin.Session{"another account": w.live(other), "another session": w.live(second)} {
		if _, err := w.signin.FinishAct(w.Ctx, session, small, assertion); refusal.ReasonOf(err) != refusal.ActUnknown {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.signin.FinishAct(w.Ctx, w.live(b), small, assertion); err != nil {
		t.Errorf("and its own act: %v", err)
	}
	id, assertion := begin(b, signin.Suspend, "a1")
	w.Clock.Add(2 * time.Minute)
	_, err := w.signin.FinishAct(w.Ctx, w.live(b), id, assertion)
	w.wantReason(err, refusal.ActExpired)
	id, assertion = begin(b, signin.Suspend, "a1")
	_, err = w.DB.Revoke(w.Ctx, w.Who["mail"].ID, 0, "cut", w.Now())
	session, cached := w.session(b) // this process does not know yet
	w.Must(cached)
	w.Must(err)
	_, err = w.signin.FinishAct(w.Ctx, session, id, assertion)
	w.wantReason(err, refusal.SignedOut)
}

func first[A, B any](a A, _ B) A { return a }

func TestWhatIsNoApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	session := w.live(b)
	attempt := func(key *softkey.Key, page string) error {
		id, options, err := w.signin.BeginAct(w.Ctx, session, signin.Export, nil)
		if err != nil {
			return err
		}
		assertion, err := key.Assert(page, options)
		w.Must(err)
		_, err = w.signin.FinishAct(w.Ctx, session, id, assertion)
		return err
	}
	unverified, phished := b.key.Clone(), b.key.Clone()
	unverified.Unverified, phished.Deceived = true, true
	w.wantReason(attempt(unverified, w.origin), refusal.PasskeyRefused)
	w.wantReason(attempt(phished, "https://cloison-secure.example"), refusal.PasskeyRefused)
	w.wantReason(attempt(b.key, "http://localhost:1"), refusal.PasskeyRefused)
	for range 7 {
		w.wantReason(attempt(unverified, w.origin), refusal.PasskeyRefused)
	}
	w.wantReason(attempt(b.key, w.origin), refusal.Locked)
	w.Clock.Add(16 * time.Minute)
	w.Must(attempt(b.key, w.origin))

	for _, verb := range []signin.Verb{"", "grant", "Approve", "approve it", "approve_a_verb_that_is_far_too_long"} {
		if _, _, err := w.signin.BeginAct(w.Ctx, session, verb, nil); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("verb %q: %v", verb, err)
		}
	}
	if _, _, err := w.signin.BeginAct(w.Ctx, session, signin.Approve, func() {}); cloison.KindOf(err) != cloison.Invalid || err == nil {
		t.Errorf("a function as subject: %v", err)
	}
}

// TestACopiedKey: the copy's first use ends every session, and neither it nor the original approves anything any more.
func TestACopiedKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	elsewhere := w.browser().in("mail")
	copied := b.key.Clone()
	w.want(b.act(signin.Presence), http.StatusOK, "")
	b.key, copied = copied, b.key
	w.want(b.act(signin.Presence), http.StatusForbidden, refusal.PasskeyCloned)
	for _, b := range []*browser{b, elsewhere} {
		_, err := w.session(b)
		w.wantReason(err, refusal.SignedOut)
	}
	b.key = copied
	b.in("mail")
	w.want(b.act(signin.Presence), http.StatusForbidden, refusal.PasskeyCloned)
}

func TestSynchronisedKeysDoNotCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.key.Countless = true
	b.in("mail")
	code, err := w.Approvals.IssueCode(w.Ctx, w.Who["mail"].ID, false)
	w.Must(err)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusOK, "")
	w.want(b.register("Trousseau"), http.StatusOK, "")
	for range 3 {
		w.want(b.act(signin.Presence), http.StatusOK, "")
	}
}

// TestASessionKeepsFewActs: acts begun one after the other do not fill the store; the newest can be done.
func TestASessionKeepsFewActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	session := w.live(b)
	type begun struct {
		id      cloison.ActID
		options []byte
	}
	var all []begun
	for i := range 25 {
		w.Clock.Add(time.Millisecond)
		id, options, err := w.signin.BeginAct(w.Ctx, session, signin.Suspend, i)
		w.Must(err)
		all = append(all, begun{id, options})
	}
	finish := func(a begun) error {
		assertion, err := b.key.Assert(w.origin, a.options)
		w.Must(err)
		_, err = w.signin.FinishAct(w.Ctx, session, a.id, assertion)
		return err
	}
	w.wantReason(finish(all[4]), refusal.ActUnknown)
	w.Must(finish(all[5]))
	w.Must(finish(all[24]))
}

func TestAnActIsNotChangedInTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	session := w.live(b)
	id, options, err := w.signin.BeginAct(w.Ctx, session, signin.Suspend, "a1")
	w.Must(err)
	assertion, err := b.key.Assert(w.origin, options)
	w.Must(err)
	act, err := w.DB.TakeAct(w.Ctx, id, session.ID)
	w.Must(err)
	act.Subject = json.RawMessage(`"a2"`)
	w.Must(w.DB.AddAct(w.Ctx, act, 9))
	if _, err := w.signin.FinishAct(w.Ctx, session, id, assertion); cloison.KindOf(err) != cloison.Internal || err == nil {
		t.Errorf("somebody else is suspended: %v", err)
	}
}

func TestSuspendedAccountsApproveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	session := w.live(b)
	a, err := w.DB.Account(w.Ctx, w.Who["mail"].ID)
	w.Must(err)
	a.State = directory.Suspended
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	_, _, err = w.signin.BeginAct(w.Ctx, session, signin.Approve, nil)
	w.wantReason(err, refusal.NotActive)
}

// TestTheSubjectIsCanonical: one subject has one form, however it was written; two have two, large numbers included.
func TestTheSubjectIsCanonical(t *testing.T) {
	t.Parallel()
	form := func(subject any) string {
		b, err := signin.CanonicalJSON(subject)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	rapid.Check(t, func(r *rapid.T) {
		m := rapid.MapOf(rapid.String(), rapid.Int64()).Draw(r, "subject")
		written := []byte("{")
		for i, k := range shuffled(m, r) {
			if i > 0 {
				written = append(written, " , \n"...)
			}
			name, err := json.Marshal(k)
			if err != nil {
				t.Fatal(err)
			}
			written = fmt.Appendf(written, "%s: %d", name, m[k])
		}
		if a, b := form(m), form(json.RawMessage(append(written, '}'))); a != b {
			r.Fatalf("%s and %s", a, b)
		}
	})
	if form(int64(1)<<60) == form(int64(1)<<60+1) {
		t.Error("two large numbers are one")
	}
}

// TestTheChallengeIsOfAll: it changes with each thing that it is about, and text does not move from one to the next.
func TestTheChallengeIsOfAll(t *testing.T) {
	t.Parallel()
	act := func(r *rapid.T, label string) ([32]byte, signin.Act) {
		small := rapid.Int64Range(1, 3)
		return [32]byte{rapid.Byte().Draw(r, label)}, signin.Act{ID: cloison.ActID(small.Draw(r, label)),
			Session: cloison.SessionID(small.Draw(r, label)), Account: cloison.AccountID(small.Draw(r, label)),
			Verb:    signin.Verb(rapid.StringMatching("a{1,3}").Draw(r, label)),
			Subject: json.RawMessage(rapid.StringMatching("a{0,3}").Draw(r, label))}
	}
	rapid.Check(t, func(r *rapid.T) {
		n, a := act(r, "one")
		m, b := act(r, "two")
		same := n == m && a.ID == b.ID && a.Session == b.Session && a.Account == b.Account && a.Verb == b.Verb &&
			string(a.Subject) == string(b.Subject)
		if (signin.ChallengeOf(n, a) == signin.ChallengeOf(m, b)) != same {
			r.Fatalf("%x %+v and %x %+v", n[0], a, m[0], b)
		}
		for name, other := range map[string]signin.Act{
			"id":      {ID: 9, Session: a.Session, Account: a.Account, Verb: a.Verb, Subject: a.Subject},
			"session": {ID: a.ID, Session: 9, Account: a.Account, Verb: a.Verb, Subject: a.Subject},
			"account": {ID: a.ID, Session: a.Session, Account: 9, Verb: a.Verb, Subject: a.Subject},
			"verb":    {ID: a.ID, Session: a.Session, Account: a.Account, Verb: "b", Subject: a.Subject},
			"subject": {ID: a.ID, Session: a.Session, Account: a.Account, Verb: a.Verb, Subject: json.RawMessage("b")},
			"border":  {ID: a.ID, Session: a.Session, Account: a.Account, Verb: a.Verb + "a", Subject: a.Subject[min(1, len(a.Subject)):]},
		} {
			if signin.ChallengeOf(n, a) == signin.ChallengeOf(n, other) {
				r.Fatalf("another %s has the same challenge", name)
			}
		}
		if n[31] ^= 1; signin.ChallengeOf(n, a) == signin.ChallengeOf(m, a) && n != m {
			r.Fatal("another nonce has the same challenge")
		}
	})
}

func shuffled(m map[string]int64, r *rapid.T) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "order"), 0)).Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}
