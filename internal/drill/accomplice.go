package drill

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/internal/fakes/softkey"
)

// harvested is how many files the attacker knows for each rogue account: more than any cap.
const harvested = 200

// patience is how long a thief waits for the tool's moves to reach Cloison before reading what it can.
const patience = 20 * time.Second

// accomplice: the attacker holds the manager's key, and an approver says yes. Two rogue accounts come to exist. They
// manufacture explanations in the tool, then read as fast as they can: up to each cap, and then whatever is left of the
// bound, until they are cut.
func (h *hijack) accomplice(ctx context.Context) error {
	var rogues []*rogue
	if err := h.phase("two accounts are made", func() (err error) {
		rogues, err = h.makeAccounts(ctx)
		return err
	}); err != nil {
		return err
	}
	if err := h.phase("the bound is asked", func() error {
		for _, r := range rogues {
			reach, err := h.reach(ctx, r.account)
			if err != nil {
				return err
			}
			h.report.PersonsBound = max(h.report.PersonsBound, reach.Together)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := h.phase("explanations are manufactured", func() error { return h.manufacture(ctx, rogues) }); err != nil {
		return err
	}
	if err := h.phase("both read as fast as they can", func() error { return h.race(ctx, rogues) }); err != nil {
		return err
	}
	return h.phase("both knock again after the cut", func() error {
		before := h.loot.count()
		for _, r := range rogues {
			if err := h.readAll(ctx, r, h.harvest[:min(20, len(h.harvest))]); err != nil {
				return err
			}
		}
		h.report.ReadsAfterCut = h.loot.count() - before
		return nil
	})
}

// makeAccounts proposes with the manager's key, approves with the accomplice's, and enrols both rogues with the codes.
func (h *hijack) makeAccounts(ctx context.Context) ([]*rogue, error) {
	manager, approver := newBrowser(h.Console, attackerAgent), newBrowser(h.Console, "Mozilla/5.0 accomplice")
	for b, who := range map[*browser]Actor{manager: h.Manager, approver: h.Accomplice} {
		if err := b.signIn(ctx, h.Console, who); err != nil {
			return nil, err
		}
		if err := b.presence(ctx, h.Console, who.Key); err != nil {
			return nil, err
		}
	}
	if _, err := h.whoIs(ctx, manager); err != nil {
		return nil, err
	}
	var rogues []*rogue
	for _, who := range h.Rogues {
		var proposal struct {
			ID      cloison.ActID `json:"proposal"`
			Version int64         `json:"version"`
		}
		if err := manager.act(ctx, h.Manager.Key, "propose", proposalFor(who), &proposal); err != nil {
			return nil, fmt.Errorf("proposing: %w", err)
		}
		var approval struct {
			Account cloison.AccountID `json:"account"`
			Code    string            `json:"code"`
		}
		if err := approver.act(ctx, h.Accomplice.Key, "approve", map[string]any{"proposal": proposal.ID, "version": proposal.Version}, &approval); err != nil {
			return nil, fmt.Errorf("approving: %w", err)
		}
		h.report.AccountsCreated++
		r := &rogue{actor: who, account: approval.Account, browser: newBrowser(h.Console, attackerAgent)}
		r.actor.Key = softkey.New()
		if err := r.browser.signUp(ctx, h.SignUp, who); err != nil {
			return nil, fmt.Errorf("a rogue signs up at the provider: %w", err)
		}
		if err := r.browser.signIn(ctx, h.Console, r.actor); err != nil {
			return nil, fmt.Errorf("a rogue signs in: %w", err)
		}
		if err := r.browser.enrol(ctx, h.Console, approval.Code, r.actor.Key); err != nil {
			return nil, fmt.Errorf("a rogue enrols: %w", err)
		}
		if err := r.browser.presence(ctx, h.Console, r.actor.Key); err != nil {
			return nil, fmt.Errorf("a rogue shows its key: %w", err)
		}
		if h.Train != nil {
			if err := h.Train(ctx, h.Subject(who.Email)); err != nil {
				return nil, fmt.Errorf("a rogue follows the course: %w", err)
			}
		}
		rogues = append(rogues, r)
	}
	return rogues, nil
}

// manufacture moves harvested files into the rogues' caseloads and waits until Cloison has taken the tool's word for
// it.
func (h *hijack) manufacture(ctx context.Context, rogues []*rogue) error {
	for i, r := range rogues {
		if err := h.transfer(ctx, r, h.Subject(r.actor.Email), h.mine(i)); err != nil {
			return err
		}
	}
	if h.report.Manufactured == 0 {
		return nil
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		p, err := rogues[len(rogues)-1].browser.call(ctx, http.MethodGet,
			h.Tool+"/api/portefeuille?agent="+h.Subject(rogues[len(rogues)-1].actor.Email), nil)
		if err != nil {
			return err
		}
		if p.refusal() == nil && h.loot.takeDocument(p.body) > 0 {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// mine is the rogue's part of the harvest: the first half is moved into its caseload, the rest stays with its owners.
func (h *hijack) mine(i int) []string {
	share := len(h.harvest) / max(1, len(h.Rogues))
	return h.harvest[i*share : i*share+share/2]
}

// race lets the rogues read at once: first whatever they have an explanation for, then whoever is left.
func (h *hijack) race(ctx context.Context, rogues []*rogue) error {
	var group sync.WaitGroup
	errs := make(chan error, len(rogues)*2)
	for i, r := range rogues {
		for _, ids := range [][]string{h.mine(i)[:len(h.mine(i))/2], h.mine(i)[len(h.mine(i))/2:]} {
			group.Go(func() {
				var misses atomic.Int64
				for _, id := range append(ids[:len(ids):len(ids)], h.harvest[len(h.harvest)/2:]...) {
					given, err := h.read(ctx, r, id)
					if err != nil {
						errs <- err
						return
					}
					if !given && misses.Add(1) > 120 {
						return
					}
				}
			})
		}
	}
	group.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}
