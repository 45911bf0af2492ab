package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
)

// readers is how many connections a thief reads with: more would be seen by any proxy.
const readers = 8

// unprotected plays the reading against the bare tool, which believes every caller: there is nothing to break.
func (h *attack) unprotected(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.BareTime)
	defer cancel()
	start, got := time.Now(), newLoot()
	b := newBrowser(h.Bare, attackerAgent)
	var group errgroup.Group
	group.SetLimit(readers)
	for _, commune := range h.Communes {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil // the time is over
			}
			if err := h.readTown(ctx, b, commune, got); err != nil && ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	h.harvest = got.some(len(h.Rogues) * harvested)
	h.report.Unprotected = &Unprotected{PersonsExposed: got.count(), Seconds: seconds, FieldsExposed: got.perField(),
		PerMinute: int(float64(got.count()) / seconds * 60)}
	return openOne(context.WithoutCancel(ctx), b, h.Bare, got, h.report.Unprotected)
}

// readTown reads the pages of one town, until they end or the thief has enough for the demonstration.
func (h *attack) readTown(ctx context.Context, b *browser, commune string, got *loot) error {
	for page := 1; got.count() < h.BarePersons; page++ {
		p, err := b.call(ctx, http.MethodGet, fmt.Sprintf("%s/api/recherche?commune=%s&page=%d", h.Bare, url.QueryEscape(commune), page), nil)
		if err != nil {
			return err
		}
		if p.status != http.StatusOK {
			return fmt.Errorf("reading the bare tool: it answered %d", p.status)
		}
		if got.takeDocument(p.body) == 0 {
			return nil
		}
	}
	return nil
}

// openOne opens one whole file, to say which fields the bare tool gives.
func openOne(ctx context.Context, b *browser, tool string, got *loot, report *Unprotected) error {
	for _, id := range got.some(1) {
		p, err := b.call(ctx, http.MethodGet, tool+"/api/dossiers/"+url.PathEscape(id), nil)
		if err != nil {
			return err
		}
		got.takeDocument(p.body)
		report.FieldsPerFile = got.fieldsOf(id).Names()
	}
	return nil
}

// read opens one file through Cloison, shows the passkey when asked, and reports whether it was given.
func (h *attack) read(ctx context.Context, r *rogue, id string) (given bool, err error) {
	for range 2 {
		p, err := r.browser.call(ctx, http.MethodGet, h.Tool+"/api/dossiers/"+url.PathEscape(id), nil)
		if err != nil {
			return false, err
		}
		if p.status == http.StatusOK {
			return h.loot.takeDocument(p.body) > 0, nil
		}
		refusal := p.refusal()
		h.refuse(refusal.Reason)
		if p.status != http.StatusUnauthorized {
			return false, nil
		}
		if err := h.refused(r.browser.presence(ctx, h.Tool, r.actor.Key)); err != nil {
			return false, err
		}
	}
	return false, nil
}

// search reads one town's first page through Cloison, which withholds persons without an explanation.
func (h *attack) search(ctx context.Context, b *browser, commune string) error {
	p, err := b.call(ctx, http.MethodGet, h.Tool+"/api/recherche?commune="+url.QueryEscape(commune), nil)
	if err != nil {
		return err
	}
	if r := p.refusal(); r != nil {
		h.refuse(r.Reason)
		return nil
	}
	h.loot.takeDocument(p.body)
	return nil
}

// transfer moves harvested files into a rogue's caseload by the tool's own means: manufactured explanations. It reports
// how many.
func (h *attack) transfer(ctx context.Context, r *rogue, sub string, ids []string) error {
	p, err := r.browser.call(ctx, http.MethodPost, h.Tool+"/api/portefeuille/transfert", map[string]any{"agent": sub, "persons": ids})
	if err != nil {
		return err
	}
	if refusal := p.refusal(); refusal != nil {
		h.refuse(refusal.Reason)
		return nil
	}
	var moved struct {
		N int `json:"transferes"`
	}
	if err := json.Unmarshal(p.body, &moved); err != nil {
		return err
	}
	h.report.Manufactured += moved.N
	return nil
}

// refuse counts one refusal by its reason; safe for concurrent use.
func (h *attack) refuse(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.report.Refusals[reason]++
}
