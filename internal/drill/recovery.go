package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/internal/fakes/softkey"
)

// recovery-fraud: "this is support, your colleague's key must be reset". The attacker has an adviser's password and
// reads the mailbox; what is missing is a passkey. The strengths differ in who believes the voice on the telephone:
//
//   - call: the manager, who asks for a new code. The approver grants it and hands it over in person, so that the voice
//     never hears it;
//   - mailbox: nobody. The attacker tries all that looks like self-service;
//   - accomplice: the manager, and the approver, who against the rule tells the code by telephone; and both do whatever
//     else they are asked.
//
// In each the real holder gets back in at the end, in person and before a witness: what stops the voice must not stop
// them.

// guesses is how many codes or words are tried under the victim's own identity: fewer than lock it, for the holder
// comes back under it.
const guesses = 5

// call: the code exists, and the attacker does not have it.
func (h *hijack) call(ctx context.Context) error {
	code, _, err := h.granted(ctx)
	if err != nil {
		return err
	}
	if err := h.phase("the voice tries without the code", func() error {
		thief, err := h.asVictim(ctx)
		if err != nil {
			return err
		}
		for i := range guesses {
			if err := h.enrolAs(ctx, thief, fmt.Sprintf("0000-0000-0000-%04d", i)); err != nil {
				return err
			}
		}
		return h.helpOneself(ctx, thief)
	}); err != nil {
		return err
	}
	return h.inPerson(ctx, code)
}

// mailbox: nobody is called. The victim's passkey still holds.
func (h *hijack) mailbox(ctx context.Context) error {
	if _, err := h.victim(ctx); err != nil {
		return err
	}
	if err := h.phase("try everything that looks like self-service", func() error {
		thief, err := h.asVictim(ctx)
		if err != nil {
			return err
		}
		if err := h.enrolAs(ctx, thief, "0000-0000-0000-0000"); err != nil {
			return err
		}
		if err := h.helpOneself(ctx, thief); err != nil {
			return err
		}
		for _, who := range h.Rogues { // the same structure's domain, and a subject of its own
			if err := h.tryMinted(ctx, who); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return h.phase("the holder works as before", func() error { return h.work(ctx, h.Victim) })
}

// code: the attacker has the code, the mailbox, the manager's and the approver's good will. What it has not is a body
// in the structure.
func (h *hijack) code(ctx context.Context) error {
	code, people, err := h.granted(ctx)
	if err != nil {
		return err
	}
	if err := h.phase("the voice has the code", func() error {
		thief, err := h.asVictim(ctx)
		if err != nil {
			return err
		}
		for _, word := range []string{"", "0000", "1111", "ZZZZ"} {
			if err := h.enrolAs(ctx, thief, code+word); err != nil {
				return err
			}
		}
		if err := h.helpOneself(ctx, thief); err != nil {
			return err
		}
		return h.guessWords(ctx, code)
	}); err != nil {
		return err
	}
	if err := h.phase("whoever believes the voice tries to witness", func() error { return h.falseWitnesses(ctx, people) }); err != nil {
		return err
	}
	return h.inPerson(ctx, code)
}

// granters are the browsers of those who believe the voice.
type granters struct {
	manager, approver *browser
	victim            cloison.AccountID
}

// granted has the manager ask for a new code for the victim, and the approver grant it.
func (h *hijack) granted(ctx context.Context) (code string, people granters, err error) {
	if people.victim, err = h.victim(ctx); err != nil {
		return "", people, err
	}
	return code, people, h.phase("a new code is asked for, and granted", func() error {
		people.manager, people.approver = newBrowser(h.Console, "Mozilla/5.0 manager"), newBrowser(h.Console, "Mozilla/5.0 approver")
		for b, who := range map[*browser]Actor{people.manager: h.Manager, people.approver: h.Accomplice} {
			if err := b.signIn(ctx, h.Console, who); err != nil {
				return err
			}
			if err := b.presence(ctx, h.Console, who.Key); err != nil {
				return err
			}
		}
		return h.grant(ctx, people, map[string]any{"kind": "rebind", "account": people.victim}, nil, &code)
	})
}

// grant proposes something as the manager and approves it as the approver.
func (h *hijack) grant(ctx context.Context, people granters, ask map[string]any, account *cloison.AccountID, code *string) error {
	var proposal struct {
		ID      cloison.ActID `json:"proposal"`
		Version int64         `json:"version"`
	}
	if err := people.manager.act(ctx, h.Manager.Key, "propose", ask, &proposal); err != nil {
		return fmt.Errorf("proposing: %w", err)
	}
	var approval struct {
		Account cloison.AccountID `json:"account"`
		Code    string            `json:"code"`
	}
	err := people.approver.act(ctx, h.Accomplice.Key, "approve", map[string]any{"proposal": proposal.ID, "version": proposal.Version}, &approval)
	if err != nil {
		return fmt.Errorf("approving: %w", err)
	}
	if account != nil {
		*account = approval.Account
	}
	*code = approval.Code
	return nil
}

// victim signs the victim in, as every morning, and returns whose account it is.
func (h *hijack) victim(ctx context.Context) (cloison.AccountID, error) {
	b := newBrowser(h.Console, "Mozilla/5.0 victim")
	if err := b.signIn(ctx, h.Console, h.Victim); err != nil {
		return 0, fmt.Errorf("the victim cannot sign in: %w", err)
	}
	me, err := h.whoIs(ctx, b)
	if err == nil && me.Account == 0 {
		err = errors.New("the victim has no account")
	}
	return me.Account, err
}

// asVictim signs the attacker in with the victim's password and mailbox.
func (h *hijack) asVictim(ctx context.Context) (*browser, error) {
	thief := newBrowser(h.Console, attackerAgent)
	who := h.Victim
	who.Key = nil
	return thief, h.refused(thief.signIn(ctx, h.Console, who))
}

// enrolAs tries a code; whoever gets a passkey by it reads all they can.
func (h *hijack) enrolAs(ctx context.Context, b *browser, code string) error {
	key := softkey.New()
	err := b.enrol(ctx, h.Console, code, key)
	if err != nil {
		return h.refused(err)
	}
	h.report.FactorsTaken++
	if err := h.refused(b.presence(ctx, h.Tool, key)); err != nil {
		return err
	}
	return h.readAll(ctx, &rogue{browser: b, actor: Actor{Key: key}}, h.harvest)
}

// helpOneself tries what a site might offer to who has lost a key: a passkey from the cookie alone, a code by e-mail, a
// proposal for oneself; and then reads.
func (h *hijack) helpOneself(ctx context.Context, thief *browser) error {
	key := softkey.New()
	if err := thief.register(ctx, h.Console, key); err == nil {
		h.report.FactorsTaken++
	} else if err := h.refused(err); err != nil {
		return err
	}
	for verb, subject := range map[string]map[string]any{
		"add_passkey": {}, "witness": {"account": h.suspects[0]}, "propose": {"kind": "rebind", "account": h.suspects[0]},
	} {
		if err := h.refused(thief.act(ctx, nil, verb, subject, nil)); err != nil {
			return err
		}
	}
	for _, path := range []string{"/cloison/recover", "/cloison/reset", "/cloison/passkey/recover", "/cloison/email", "/cloison/code"} {
		if err := h.refused(thief.ask(ctx, http.MethodPost, h.Console+path, map[string]string{"email": h.Victim.Email}, nil)); err != nil {
			return err
		}
	}
	return h.readAll(ctx, &rogue{browser: thief, actor: Actor{Key: key}}, h.harvest[:min(len(h.harvest), 2*guesses)])
}

// guessWords tries words under further identities of the attacker's own, until each is locked.
func (h *hijack) guessWords(ctx context.Context, code string) error {
	for _, who := range h.Rogues[1:] {
		b := newBrowser(h.Console, attackerAgent)
		if err := b.signUp(ctx, h.SignUp, who); err != nil {
			return err
		}
		if err := h.refused(b.signIn(ctx, h.Console, who)); err != nil {
			return err
		}
		for i := range 12 {
			if err := h.enrolAs(ctx, b, fmt.Sprintf("%s-%04d", code, i*7)); err != nil {
				return err
			}
		}
	}
	return nil
}

// falseWitnesses are all whom the attacker can make speak: the two who granted the code, and an account that the two
// make for the purpose.
func (h *hijack) falseWitnesses(ctx context.Context, people granters) error {
	subject := map[string]any{"account": people.victim}
	if err := h.refused(people.manager.act(ctx, h.Manager.Key, "witness", subject, nil)); err != nil {
		return err
	}
	if err := h.refused(people.approver.act(ctx, h.Accomplice.Key, "witness", subject, nil)); err != nil {
		return err
	}
	var account cloison.AccountID
	var code string
	if err := h.grant(ctx, people, proposalFor(h.Rogues[0]), &account, &code); err != nil {
		return err
	}
	h.report.AccountsCreated++
	h.suspects = append(h.suspects, account)
	r := &rogue{actor: h.Rogues[0], account: account, browser: newBrowser(h.Console, attackerAgent)}
	r.actor.Key = softkey.New()
	if err := r.browser.signUp(ctx, h.SignUp, r.actor); err != nil {
		return err
	}
	if err := r.browser.signIn(ctx, h.Console, r.actor); err != nil {
		return err
	}
	if err := r.browser.enrol(ctx, h.Console, code, r.actor.Key); err != nil {
		return fmt.Errorf("the rogue enrols: %w", err)
	}
	if err := r.browser.presence(ctx, h.Console, r.actor.Key); err != nil {
		return err
	}
	if err := h.refused(r.browser.act(ctx, r.actor.Key, "witness", subject, nil)); err != nil {
		return err
	}
	return h.readAll(ctx, r, h.harvest[:min(len(h.harvest), 2*guesses)])
}

// inPerson is the rule: the holder goes to somebody of the structure, who certifies it and reads out the word.
func (h *hijack) inPerson(ctx context.Context, code string) error {
	return h.phase("the holder comes in person", func() error {
		witness := newBrowser(h.Console, "Mozilla/5.0 witness")
		if err := witness.signIn(ctx, h.Console, h.Witness); err != nil {
			return err
		}
		if err := witness.presence(ctx, h.Console, h.Witness.Key); err != nil {
			return err
		}
		var presence struct {
			Word string `json:"word"`
		}
		if err := witness.act(ctx, h.Witness.Key, "witness", map[string]any{"account": h.suspects[0]}, &presence); err != nil {
			return fmt.Errorf("witnessing: %w", err)
		}
		holder := newBrowser(h.Console, "Mozilla/5.0 holder")
		if err := holder.signIn(ctx, h.Console, h.Victim); err != nil {
			return err
		}
		who := h.Victim
		who.Key = softkey.New()
		if err := holder.enrol(ctx, h.Console, code+presence.Word, who.Key); err != nil {
			return fmt.Errorf("the holder enrols: %w", err)
		}
		return h.work(ctx, who)
	})
}

// work signs somebody in with a key and has the console say so.
func (h *hijack) work(ctx context.Context, who Actor) error {
	b := newBrowser(h.Console, "Mozilla/5.0 holder")
	if err := b.signIn(ctx, h.Console, who); err != nil {
		return err
	}
	if err := b.presence(ctx, h.Console, who.Key); err != nil {
		return err
	}
	err := b.ask(ctx, http.MethodGet, h.Console+"/habilitations/"+h.suspects[0].String(), nil, nil)
	h.report.Recovered = err == nil
	return h.refused(err)
}

// told waits until the letters about the fraud are in the outbox, and says whether somebody else than the holder is
// written to.
func (h *hijack) told(ctx context.Context) error {
	about := []string{"recovery_asked", "recovery", "unwitnessed", "witnessed"}
	for deadline := time.Now().Add(10 * time.Second); ; {
		var outbox struct {
			Letters []struct {
				At   time.Time `json:"at"`
				Kind string    `json:"kind"`
				As   string    `json:"as"`
			} `json:"letters"`
		}
		if err := h.officer.ask(ctx, http.MethodGet, h.Console+"/courriels", nil, &outbox); err != nil {
			return err
		}
		for _, l := range outbox.Letters {
			if l.As != "holder" && slices.Contains(about, l.Kind) && !l.At.Before(h.start.Truncate(time.Millisecond)) {
				h.report.Detected = true
				return nil
			}
		}
		if time.Now().After(deadline) || h.report.Strength == "mailbox" {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
