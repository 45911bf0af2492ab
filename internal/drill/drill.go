package drill

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"cloison"
)

// BareTime and BarePersons end each attack on the bare tool; nothing else would.
const (
	BareTime    = 10 * time.Second
	BarePersons = 50_000
)

// World is where the drill plays: addresses, and the people whom the scenario needs. Cloison cannot reach any of it.
type World struct {
	Console string // URL of the console
	Tool    string // URL of the tool behind Cloison
	Bare    string // URL of the same tool without Cloison; empty: the unprotected run is left out
	Persons int64  // how many files the tool holds

	Manager    Actor // the delegated manager (RGC) whose account is hijacked
	Accomplice Actor // an approver who helps the attacker
	Officer    Actor // the observer
	Victim     Actor // an adviser of the manager's structure, whose mailbox is read: recovery-fraud
	Witness    Actor // a colleague of that structure, independent of the manager
	Rogues     []Actor
	Communes   []string // INSEE codes: public knowledge, for searching town by town

	// SignUp is the provider's page where a reader of a mailbox of an approved domain makes an account (domain.md,
	// PCI-JOIN); the rogues use it. Subject is the provider's name for them, which an attacker reads in its own id token.
	SignUp  string
	Subject func(email string) string

	// Train attests that a subject has followed the awareness course: twelve minutes that a thief takes too. It stands
	// for the operator's training platform, whose attestations are imported. Nil: the thief stays untrained.
	Train func(ctx context.Context, subject string) error

	// BarePersons and BareTime end the unprotected run; nothing else would, until the last file.
	BarePersons int
	BareTime    time.Duration
}

// Scenario is one attack that the catalogue offers.
type Scenario struct {
	Name       string   `json:"name"`
	Title      string   `json:"title"`
	Strengths  []string `json:"strengths"`
	After      string   `json:"after"`      // the breach that it replays
	Techniques []string `json:"techniques"` // MITRE ATT&CK ids
}

const hijackName = "rgc-hijack"

// RecoveryFraud is the scenario of a fake support call.
const RecoveryFraud = "recovery-fraud"

// Catalogue lists the scenarios.
func Catalogue() []Scenario {
	return []Scenario{{
		Name:       hijackName,
		Title:      "A delegated manager's account is hijacked and makes two more",
		Strengths:  []string{"password", "session", "accomplice"},
		After:      "France Travail and the Missions Locales, 1 December 2025: 1.6 million files",
		Techniques: []string{"T1078.004", "T1136.003", "T1539", "T1199", "T1213"},
	}, {
		Name:       RecoveryFraud,
		Title:      "A fake support call asks for a new code for an adviser whose mailbox is read",
		Strengths:  []string{"call", "mailbox", "accomplice"},
		After:      "MGM Resorts and Caesars, September 2023, and Marks & Spencer, April 2025: the help desk reset a factor",
		Techniques: []string{"T1566.004", "T1656", "T1098.005", "T1078.004", "T1213"},
	}}
}

// Report is one drill's result; the keys are stable (design.md §8).
type Report struct {
	Scenario     string `json:"scenario"`
	Strength     string `json:"strength"`
	PersonsTotal int64  `json:"persons_total"`

	Unprotected *Unprotected `json:"unprotected,omitempty"`

	AccountsCreated int            `json:"accounts_created"`
	PersonsExposed  int            `json:"persons_exposed"` // counted by the attacker
	PersonsBound    int            `json:"persons_bound"`   // by Cloison, before the first read
	PresenceLease   int            `json:"presence_lease"`  // what the stolen session had left to show
	FieldsExposed   map[string]int `json:"fields_exposed"`  // category → persons, counted by the attacker

	Detected                 bool   `json:"detected"`
	DetectedAfterDisclosures int    `json:"detected_after_disclosures"`
	ContainedAfterMS         *int64 `json:"contained_after_ms"` // from the alarm to the cut; null: nothing to contain
	LineageCut               int    `json:"lineage_cut"`        // accounts that the cut suspended
	ReadsAfterCut            int    `json:"reads_after_cut"`    // persons that the attacker still received; must be 0

	ExposureExact  bool `json:"exposure_exact"`  // the roll equals what the attacker received
	LedgerVerified bool `json:"ledger_verified"` // every row under its seal, checked independently

	FactorsTaken int  `json:"factors_taken,omitempty"` // recovery-fraud: passkeys that the attacker made in the victim's account; must be 0
	Recovered    bool `json:"recovered,omitempty"`     // recovery-fraud: the holder, present in person, works again

	Manufactured int            `json:"explanations_manufactured"` // files that the attacker moved into its own caseloads in the tool
	Refusals     map[string]int `json:"refusals"`                  // of the attacker's requests, by reason
	Phases       []Phase        `json:"phases"`
	Pass         bool           `json:"pass"`
	Why          []string       `json:"why,omitempty"` // what did not hold
}

// Unprotected is the same attack on the bare tool.
type Unprotected struct {
	PersonsExposed int            `json:"persons_exposed"`
	Seconds        float64        `json:"seconds"`
	FieldsExposed  map[string]int `json:"fields_exposed"`
	FieldsPerFile  []string       `json:"fields_per_file"` // what one whole file gives
	PerMinute      int            `json:"persons_per_minute"`
}

// Phase is one step's wall time.
type Phase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// Run plays one scenario at one strength. It returns an error only when the drill itself cannot be played; an attack
// that gets through is a Report that does not Pass.
func Run(ctx context.Context, w World, scenario, strength string, log *slog.Logger) (*Report, error) {
	i := slices.IndexFunc(Catalogue(), func(s Scenario) bool { return s.Name == scenario })
	if i < 0 {
		return nil, cloison.Errorf(cloison.Invalid, "drill %q: unknown; see cloison drill list", scenario)
	}
	if s := Catalogue()[i]; !slices.Contains(s.Strengths, strength) {
		return nil, cloison.Errorf(cloison.Invalid, "drill %s: unknown strength %q; want one of %v", scenario, strength, s.Strengths)
	}
	h := &attack{World: w, log: log, loot: newLoot(), report: Report{
		Scenario: scenario, Strength: strength, PersonsTotal: w.Persons, Refusals: map[string]int{},
	}}
	return h.play(ctx)
}

// phase times f under a name.
func (h *attack) phase(name string, f func() error) error {
	start := time.Now()
	err := f()
	h.report.Phases = append(h.report.Phases, Phase{Name: name, Seconds: time.Since(start).Seconds()})
	h.log.Debug("drill phase", "name", name, "seconds", time.Since(start).Seconds())
	return err
}
