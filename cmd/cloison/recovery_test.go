package main

import (
	"encoding/json"
	"testing"

	"cloison/internal/drill"
)

// TestRecoveryFraud plays the fake support call in every strength, each in a world of its own: nobody is exposed, and
// the holder gets back in.
func TestRecoveryFraud(t *testing.T) {
	for strength, refusals := range map[string][]string{
		"call":       {"code_unknown", "no_account"},
		"mailbox":    {"passkey_missing", "passkey_not_open", "no_account"},
		"accomplice": {"not_witnessed", "own_proposal", "no_role", "newcomer", "code_locked"},
	} {
		t.Run(strength, func(t *testing.T) {
			code, out, errs := run(t, "--json", "drill", "run", "recovery-fraud", "--strength", strength, "--persons", "4000")
			var r drill.Report
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
			}
			if code != 0 || !r.Pass || r.PersonsExposed != 0 || r.FactorsTaken != 0 || !r.Recovered || !r.ExposureExact || !r.LedgerVerified ||
				r.Unprotected == nil || r.Unprotected.PersonsExposed == 0 {
				t.Errorf("exit %d: %s", code, out)
			}
			for _, reason := range refusals {
				if r.Refusals[reason] == 0 {
					t.Errorf("nobody was refused with %s: %v", reason, r.Refusals)
				}
			}
		})
	}
}
