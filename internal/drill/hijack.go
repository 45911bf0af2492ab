package drill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cloison"
	"cloison/internal/fakes/softkey"
)

// attack is one drill under way. rgc-hijack, the first scenario, is December 2025: a delegated manager's account is taken
// over, two more accounts are made, the files are read. Its strengths differ in what the attacker has.
type attack struct {
	World
	log    *slog.Logger
	loot   *loot
	report Report

	officer  *browser
	suspects []cloison.AccountID // the accounts of the roll when there was no cut
	start    time.Time
	harvest  []string // ids of files, known from an earlier leak: the unprotected run

	mu sync.Mutex // guards report.Refusals
}

// rogue is an account that the attack made.
type rogue struct {
	actor   Actor
	account cloison.AccountID
	browser *browser
}

// attackerAgent is what the attacker's browser says it is.
const attackerAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

func (h *attack) play(ctx context.Context) (*Report, error) {
	h.start = time.Now()
	if h.Bare != "" {
		if err := h.phase("unprotected", func() error { return h.unprotected(ctx) }); err != nil {
			return nil, fmt.Errorf("drill: playing the unprotected run: %w", err)
		}
	}
	if err := h.phase("observer", func() error { return h.openObserver(ctx) }); err != nil {
		return nil, fmt.Errorf("drill: signing in the observer: %w", err)
	}
	play := map[string]map[string]func(context.Context) error{
		hijackName:    {"password": h.password, "session": h.session, "accomplice": h.accomplice},
		RecoveryFraud: {"call": h.call, "mailbox": h.mailbox, "accomplice": h.code},
	}[h.report.Scenario][h.report.Strength]
	if err := play(ctx); err != nil {
		return nil, fmt.Errorf("drill: playing the attack: %w", err)
	}
	if err := h.phase("scoping", func() error { return h.judge(ctx) }); err != nil {
		return nil, fmt.Errorf("drill: judging: %w", err)
	}
	return &h.report, nil
}

// refused counts a refusal; any other error is the drill's own.
func (h *attack) refused(err error) error {
	var p *problem
	switch {
	case errors.As(err, &p):
		h.refuse(p.Reason)
		return nil
	case errors.Is(err, errNoKey):
		h.refuse("passkey_missing")
		return nil
	}
	return err
}

// password: the attacker has the manager's password and reads the manager's mailbox, where the second factor is sent.
func (h *attack) password(ctx context.Context) error {
	thief := newBrowser(h.Console, attackerAgent)
	if err := h.phase("sign in with the stolen password", func() error {
		who := h.Manager
		who.Key = nil
		return h.refused(thief.signIn(ctx, h.Console, who))
	}); err != nil {
		return err
	}
	if _, err := h.whoIs(ctx, thief); err != nil {
		return err
	}
	return h.phase("try everything", func() error { return h.tryEverything(ctx, thief) })
}

// whoIs reads which account a browser is signed in as, and keeps it for the roll.
func (h *attack) whoIs(ctx context.Context, b *browser) (me sessionSeen, err error) {
	err = b.ask(ctx, http.MethodGet, h.Console+"/cloison/session", nil, &me)
	h.suspects = append(h.suspects, me.Account)
	return me, err
}

// session: the attacker has the cookie of the manager's session, in which a passkey was shown this morning.
func (h *attack) session(ctx context.Context) error {
	victim := newBrowser(h.Console, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36")
	if err := h.phase("the manager signs in", func() error {
		return victim.enter(ctx, h.Console, h.Manager)
	}); err != nil {
		return err
	}
	me, err := h.whoIs(ctx, victim)
	if err != nil {
		return err
	}
	h.report.PresenceLease = me.Presence
	thief := newBrowser(h.Console, victim.agent) // a careful thief copies the browser's name as well
	if err := thief.steal(victim, h.Console, h.Tool); err != nil {
		return err
	}
	return h.phase("try everything", func() error { return h.tryEverything(ctx, thief) })
}

// sessionSeen is what /cloison/session shows of itself.
type sessionSeen struct {
	Account  cloison.AccountID `json:"account"`
	Presence int               `json:"presence_lease"`
}

// tryEverything is what an attacker without the passkey can try: make accounts, make a key, use minted identities,
// read.
func (h *attack) tryEverything(ctx context.Context, thief *browser) error {
	for _, r := range h.Rogues {
		err := thief.act(ctx, nil, "propose", proposalFor(r), nil)
		if err == nil {
			h.report.AccountsCreated++
		} else if err := h.refused(err); err != nil {
			return err
		}
		if err := h.tryMinted(ctx, r); err != nil {
			return err
		}
	}
	key := softkey.New()
	if err := h.refused(thief.register(ctx, h.Console, key)); err != nil {
		return err
	}
	return h.readAll(ctx, &rogue{browser: thief, actor: Actor{Key: key}}, h.harvest)
}

// tryMinted signs in with an identity that the federation gives to a reader of the mailbox. It has no account here.
func (h *attack) tryMinted(ctx context.Context, who Actor) error {
	b := newBrowser(h.Console, attackerAgent)
	if err := b.signUp(ctx, h.SignUp, who); err != nil {
		return err
	}
	if err := h.refused(b.signIn(ctx, h.Console, who)); err != nil {
		return err
	}
	if err := h.refused(b.enrol(ctx, h.Console, "0000-0000-0000-0000-0000", softkey.New())); err != nil {
		return err
	}
	return h.readAll(ctx, &rogue{browser: b}, h.harvest[:min(10, len(h.harvest))])
}

// readAll searches some towns and opens files one by one.
func (h *attack) readAll(ctx context.Context, r *rogue, ids []string) error {
	for _, commune := range h.Communes[:min(5, len(h.Communes))] {
		if err := h.search(ctx, r.browser, commune); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if _, err := h.read(ctx, r, id); err != nil {
			return err
		}
	}
	return nil
}

func proposalFor(a Actor) map[string]any {
	return map[string]any{"kind": "new_account", "name": "Camille Exemple", "email": a.Email, "roles": "adviser"}
}
