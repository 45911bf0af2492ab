package drill

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"cloison"
	"cloison/internal/fakes/softkey"
)

// harvested is how many files the attacker knows for each rogue account: more than any cap.
const harvested = 200

// patience is how long the attacker waits until the tool's moves have reached Cloison.
const patience = 20 * time.Second

// accomplice: the attacker has the manager's key, and an approver agrees. Two rogue accounts come to exist. They
// manufacture explanations in the tool, then read as fast as they can: up to each cap, and then whatever is left of the
// bound, until they are cut.
func (h *attack) accomplice(ctx context.Context) error {
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

// makeAccounts proposes with the manager's key, approves with the accomplice's, and enrols each rogue with its code.
func (h *attack) makeAccounts(ctx context.Context) ([]*rogue, error) {
	people, err := h.insiders(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := h.whoIs(ctx, people.manager); err != nil {
		return nil, err
	}
	var rogues []*rogue
	for _, who := range h.Rogues {
		r, err := h.makeRogue(ctx, people, who)
		if err != nil {
			return nil, err
		}
		if h.Train != nil {
			if err := h.Train(ctx, h.Subject(who.Email)); err != nil {
				return nil, fmt.Errorf("training a rogue: %w", err)
			}
		}
		rogues = append(rogues, r)
	}
	return rogues, nil
}

// makeRogue has the insiders make one account, and enrols it with a key of the attacker's.
func (h *attack) makeRogue(ctx context.Context, people insiders, who Actor) (*rogue, error) {
	r := &rogue{actor: who, browser: newBrowser(h.Console, attackerAgent)}
	code, account, err := h.grant(ctx, people, proposalFor(who))
	if err != nil {
		return nil, err
	}
	r.account, r.actor.Key = account, softkey.New()
	h.report.AccountsCreated++
	if err := r.browser.signUp(ctx, h.SignUp, who); err != nil {
		return nil, fmt.Errorf("signing up a rogue at the provider: %w", err)
	}
	if err := r.browser.signIn(ctx, h.Console, r.actor); err != nil {
		return nil, fmt.Errorf("signing in a rogue: %w", err)
	}
	if err := r.browser.enrol(ctx, h.Console, code, r.actor.Key); err != nil {
		return nil, fmt.Errorf("enrolling a rogue: %w", err)
	}
	if err := r.browser.presence(ctx, h.Console, r.actor.Key); err != nil {
		return nil, fmt.Errorf("showing a rogue's key: %w", err)
	}
	return r, nil
}

// insiders are the browsers of the two who help the attacker, or believe it.
type insiders struct {
	manager, approver *browser
}

// insiders signs the manager and the approver in, with their keys.
func (h *attack) insiders(ctx context.Context) (insiders, error) {
	people := insiders{newBrowser(h.Console, "Mozilla/5.0 manager"), newBrowser(h.Console, "Mozilla/5.0 approver")}
	for b, who := range map[*browser]Actor{people.manager: h.Manager, people.approver: h.Accomplice} {
		if err := b.enter(ctx, h.Console, who); err != nil {
			return people, err
		}
	}
	return people, nil
}

// grant proposes something as the manager and approves it as the approver.
func (h *attack) grant(ctx context.Context, people insiders, ask map[string]any) (code string, account cloison.AccountID, err error) {
	var proposal struct {
		ID      cloison.ActID `json:"proposal"`
		Version int64         `json:"version"`
	}
	if err := people.manager.act(ctx, h.Manager.Key, "propose", ask, &proposal); err != nil {
		return "", 0, fmt.Errorf("proposing: %w", err)
	}
	var approval struct {
		Account cloison.AccountID `json:"account"`
		Code    string            `json:"code"`
	}
	subject := map[string]any{"proposal": proposal.ID, "version": proposal.Version}
	if err := people.approver.act(ctx, h.Accomplice.Key, "approve", subject, &approval); err != nil {
		return "", 0, fmt.Errorf("approving: %w", err)
	}
	return approval.Code, approval.Account, nil
}

// manufacture moves harvested files into the rogues' caseloads and waits until Cloison has read that from the tool.
func (h *attack) manufacture(ctx context.Context, rogues []*rogue) error {
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
func (h *attack) mine(i int) []string {
	share := len(h.harvest) / max(1, len(h.Rogues))
	return h.harvest[i*share : i*share+share/2]
}

// race lets the rogues read at once: first the files that they have an explanation for, then all others.
func (h *attack) race(ctx context.Context, rogues []*rogue) error {
	var group errgroup.Group
	for i, r := range rogues {
		mine, others := h.mine(i), h.harvest[len(h.harvest)/2:]
		for _, ids := range [][]string{mine[:len(mine)/2], mine[len(mine)/2:]} {
			group.Go(func() error {
				misses := 0
				for _, id := range slices.Concat(ids, others) {
					given, err := h.read(ctx, r, id)
					if err != nil {
						return err
					}
					if !given {
						misses++
					}
					if misses > 120 {
						break
					}
				}
				return nil
			})
		}
	}
	return group.Wait()
}
