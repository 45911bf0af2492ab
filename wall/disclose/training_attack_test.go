package disclose_test

import (
	"bytes"
	"testing"

	"cloison/access/imports"
	"cloison/rules/policy"
)

// TestTonightsAccountsKeepThisMorningsTraining imports an attestation, then the accounts again from a file without
// trainings.
func TestTonightsAccountsKeepThisMorningsTraining(t *testing.T) {
	onBoth(t, func(w *world) {
		who, d := w.adviser(1), w.replica(w.DB)
		for _, f := range []struct {
			kind imports.Kind
			text string
		}{
			{imports.TrainingFile, "idp,sub,course,completed_at\nidp,sub-1,awareness,2025-11-30\n"},
			{imports.AccountsFile, "structure,name,email,idp,sub,roles\nML1,sub-1,sub-1@ml.example,idp,sub-1,adviser\n"},
			{imports.AccountsFile, "structure,name,email,idp,sub,roles,awareness_at\nML1,sub-1,sub-1@ml.example,idp,sub-1,adviser,2024-01-01\n"},
		} {
			sum, err := imports.New(w.DB, w.Directory, w.Clock.Now).Import(w.Ctx, f.kind, bytes.NewBufferString(f.text), imports.Auto, imports.Options{})
			if err != nil || sum.Stored != 1 {
				w.Fatal(sum, err)
			}
		}
		if decision := w.reads(d, who, person(1, 0)); decision.Outcome != policy.Permit {
			w.Fatalf("%+v", decision.Reasons)
		}
	})
}
