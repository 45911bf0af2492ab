package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"cloison"
)

// The observer is an officer with a browser: it asks nothing that an officer cannot ask of the console.

func (h *attack) openObserver(ctx context.Context) error {
	h.officer = newBrowser(h.Console, "Mozilla/5.0 observer")
	return h.officer.enter(ctx, h.Console, h.Officer)
}

// reachSeen is the blast radius of one account, as the console shows it.
type reachSeen struct {
	Persons  int `json:"persons"`
	Together int `json:"together"`
}

func (h *attack) reach(ctx context.Context, account cloison.AccountID) (reachSeen, error) {
	var seen struct {
		Accounts []reachSeen `json:"accounts"`
	}
	err := h.officer.ask(ctx, http.MethodGet, h.Console+"/exposition?account="+account.String(), nil, &seen)
	if err == nil && len(seen.Accounts) != 1 {
		err = errors.New("reading the blast radius: the console shows none for the account")
	}
	if err != nil {
		return reachSeen{}, err
	}
	return seen.Accounts[0], nil
}

// alarmSeen and cutSeen are an alarm and a cut, as the console lists them.
type alarmSeen struct {
	ID      int64             `json:"id"`
	At      time.Time         `json:"at"`
	Level   string            `json:"level"`
	Account cloison.AccountID `json:"account"`
	Shown   int               `json:"shown"` // persons shown to the account's lineage before the alarm, that day
}

type cutSeen struct {
	ID       cloison.ActID       `json:"id"`
	At       time.Time           `json:"at"`
	Alarm    int64               `json:"alarm"`
	Accounts []cloison.AccountID `json:"accounts"`
}

// judge asks for alarms, cuts, the roll and the ledger, and compares them with what the attacker holds.
func (h *attack) judge(ctx context.Context) error {
	r := &h.report
	r.PersonsExposed, r.FieldsExposed = h.loot.count(), h.loot.perField()
	cut, err := h.findCut(ctx)
	if err != nil {
		return err
	}
	if err := h.compareRoll(ctx, cut); err != nil {
		return err
	}
	if r.LedgerVerified, err = h.verified(ctx); err != nil {
		return err
	}
	if r.Scenario == RecoveryFraud {
		if err := h.told(ctx); err != nil {
			return err
		}
	}
	h.conclude()
	return nil
}

// verified has the officer verify the ledger, and waits for the result.
func (h *attack) verified(ctx context.Context) (bool, error) {
	const path = "/registre/verification"
	if err := h.officer.ask(ctx, http.MethodPost, h.Console+path, nil, nil); err != nil {
		return false, err
	}
	for {
		var ledger struct {
			Running *struct{} `json:"running"`
			Last    struct {
				OK bool `json:"ok"`
			} `json:"last"`
			Failed bool `json:"failed"`
		}
		if err := h.officer.ask(ctx, http.MethodGet, h.Console+path, nil, &ledger); err != nil {
			return false, err
		}
		if ledger.Running == nil {
			return ledger.Last.OK && !ledger.Failed, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// findCut looks for the hard alarm that this drill raised and the cut that answered it.
func (h *attack) findCut(ctx context.Context) (*cutSeen, error) {
	r := &h.report
	since := url.QueryEscape(h.start.UTC().Format(time.RFC3339Nano))
	var alarms struct {
		Alarms []alarmSeen `json:"alarms"`
	}
	var cuts struct {
		Cuts []cutSeen `json:"cuts"`
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		if err := h.officer.ask(ctx, http.MethodGet, h.Console+"/alarmes?since="+since, nil, &alarms); err != nil {
			return nil, err
		}
		if err := h.officer.ask(ctx, http.MethodGet, h.Console+"/confinements?since="+since, nil, &cuts); err != nil {
			return nil, err
		}
		hard := -1
		for i, a := range alarms.Alarms {
			if a.Level == "hard" && (hard < 0 || a.At.Before(alarms.Alarms[hard].At)) {
				hard = i
			}
		}
		if hard < 0 {
			return nil, nil
		}
		r.Detected, r.DetectedAfterDisclosures = true, alarms.Alarms[hard].Shown
		for _, c := range cuts.Cuts {
			if c.Alarm != 0 {
				ms := c.At.Sub(alarms.Alarms[hard].At).Milliseconds()
				r.ContainedAfterMS, r.LineageCut = &ms, len(c.Accounts)
				return &c, nil
			}
		}
		if time.Now().After(deadline) {
			return nil, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// compareRoll exports the roll of the accounts that the attack used and compares it with the loot, person by person and
// field by field.
func (h *attack) compareRoll(ctx context.Context, cut *cutSeen) error {
	subject := map[string]any{"since": h.start.UTC().Format(time.RFC3339Nano)}
	if cut != nil {
		subject["cut"] = cut.ID
	} else {
		subject["accounts"] = h.suspects
	}
	var roll struct {
		Entries []struct {
			Person string   `json:"person"`
			Fields []string `json:"fields"`
		} `json:"entries"`
	}
	if err := h.officer.act(ctx, h.Officer.Key, "export", subject, &roll); err != nil {
		return fmt.Errorf("exporting the roll: %w", err)
	}
	seen := map[string]cloison.Fields{}
	for _, e := range roll.Entries {
		for _, name := range e.Fields {
			f, err := cloison.ParseField(name)
			if err != nil {
				return err
			}
			seen[e.Person] |= f
		}
	}
	h.report.ExposureExact = h.loot.equals(seen)
	return nil
}

// conclude says whether the drill passes and why not.
func (h *attack) conclude() {
	r := &h.report
	fail := func(ok bool, why string) {
		if !ok {
			r.Why = append(r.Why, why)
		}
	}
	fail(r.ExposureExact, "the roll is not what the attacker received")
	fail(r.LedgerVerified, "the ledger does not verify")
	if r.Scenario == RecoveryFraud {
		fail(r.FactorsTaken == 0, "the attacker got a passkey of the victim's account")
		fail(r.PersonsExposed == 0, "persons were exposed")
		fail(r.Recovered, "the holder, present in person, did not get back in")
		fail(r.Detected || r.Strength == "mailbox", "nobody but the holder was told")
		r.Pass = len(r.Why) == 0
		return
	}
	switch r.Strength {
	case "password", "session":
		fail(r.AccountsCreated == 0, "an account was created")
		fail(r.PersonsExposed <= r.PresenceLease, "more persons were exposed than the session's presence lease")
	case "accomplice":
		fail(r.PersonsExposed <= r.PersonsBound, "more persons were exposed than the bound said")
		fail(r.Detected, "nobody noticed")
		fail(r.LineageCut >= 3, "the lineage was not cut whole")
		fail(r.ReadsAfterCut == 0, "persons were exposed after the cut")
	}
	r.Pass = len(r.Why) == 0
}
