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
// reads the mailbox; what is missing is a passkey. The strengths differ in who believes the call:
//
//   - call: the manager, who proposes a new code. The approver grants it and hands it over in person, so that the
//     attacker never has it;
//   - mailbox: no one. The attacker tries everything that looks like self-service;
//   - accomplice: the manager, and the approver, who breaks the rule and reads the code out by telephone. Both do all
//     else that the attacker asks.
//
// In each the real holder gets back in at the end, in person and before a witness: what stops the attacker must not
// stop the holder.

// guesses is how many codes or words are tried under the victim's own identity: too few to lock it, because the holder
// comes back under it.
const guesses = 5

// call: the code exists, and the attacker does not have it.
func (h *attack) call(ctx context.Context) error {
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

// mailbox: no one is called. The victim's passkey still holds.
func (h *attack) mailbox(ctx context.Context) error {
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
		for _, who := range h.Rogues { // an address of the same domain, another subject
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

// code: the attacker has the code, the mailbox and both insiders. It has no one who is present in the structure.
func (h *attack) code(ctx context.Context) error {
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

// granted has the manager ask for a new code for the victim, and the approver grant it.
func (h *attack) granted(ctx context.Context) (code string, people insiders, err error) {
	victim, err := h.victim(ctx)
	if err != nil {
		return "", people, err
	}
	err = h.phase("a new code is asked for, and granted", func() error {
		if people, err = h.insiders(ctx); err != nil {
			return err
		}
		code, _, err = h.grant(ctx, people, map[string]any{"kind": "rebind", "account": victim})
		return err
	})
	return code, people, err
}

// victim signs the victim in, as every morning, and returns the account.
func (h *attack) victim(ctx context.Context) (cloison.AccountID, error) {
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
func (h *attack) asVictim(ctx context.Context) (*browser, error) {
	thief := newBrowser(h.Console, attackerAgent)
	who := h.Victim
	who.Key = nil
	return thief, h.refused(thief.signIn(ctx, h.Console, who))
}

// enrolAs tries a code. An attacker who gets a passkey by it reads all it can.
func (h *attack) enrolAs(ctx context.Context, b *browser, code string) error {
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

// helpOneself tries what a site might offer after the loss of a key: a passkey from the cookie alone, a code by e-mail, a
// proposal for oneself. Then it reads.
func (h *attack) helpOneself(ctx context.Context, thief *browser) error {
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

// guessWords tries words under further identities of the attacker, until each is locked.
func (h *attack) guessWords(ctx context.Context, code string) error {
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

// falseWitnesses has everybody witness whom the attacker controls: the two insiders, and an account that they make for
// it.
func (h *attack) falseWitnesses(ctx context.Context, people insiders) error {
	subject := map[string]any{"account": h.suspects[0]}
	if err := h.refused(people.manager.act(ctx, h.Manager.Key, "witness", subject, nil)); err != nil {
		return err
	}
	if err := h.refused(people.approver.act(ctx, h.Accomplice.Key, "witness", subject, nil)); err != nil {
		return err
	}
	r, err := h.makeRogue(ctx, people, h.Rogues[0])
	if err != nil {
		return err
	}
	h.suspects = append(h.suspects, r.account)
	if err := h.refused(r.browser.act(ctx, r.actor.Key, "witness", subject, nil)); err != nil {
		return err
	}
	return h.readAll(ctx, r, h.harvest[:min(len(h.harvest), 2*guesses)])
}

// inPerson follows the rule: the holder goes to a colleague, who certifies it and reads out the word.
func (h *attack) inPerson(ctx context.Context, code string) error {
	return h.phase("the holder comes in person", func() error {
		witness := newBrowser(h.Console, "Mozilla/5.0 witness")
		if err := witness.enter(ctx, h.Console, h.Witness); err != nil {
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

// work signs in with a key and opens a page of the console.
func (h *attack) work(ctx context.Context, who Actor) error {
	b := newBrowser(h.Console, "Mozilla/5.0 holder")
	if err := b.enter(ctx, h.Console, who); err != nil {
		return err
	}
	err := b.ask(ctx, http.MethodGet, h.Console+"/habilitations/"+h.suspects[0].String(), nil, nil)
	h.report.Recovered = err == nil
	return h.refused(err)
}

// told waits for the letters about the fraud in the outbox, and reports whether one goes to somebody other than the
// holder.
func (h *attack) told(ctx context.Context) error {
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
