package main

import (
	"fmt"
	"io"

	"cloison/internal/drill"
)

// demoReport is what demo --once --json prints.
type demoReport struct {
	PersonsTotal int             `json:"persons_total"`
	Seconds      float64         `json:"seconds"`
	Drills       []*drill.Report `json:"drills"`
}

// printComparison says what happened as one would say it to a director.
func printComparison(w io.Writer, r *demoReport) {
	if len(r.Drills) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s, replayed on %s files.\n", replayed(r.Drills[0].Scenario), count(r.PersonsTotal))
	exact := true
	for _, d := range r.Drills {
		fmt.Fprintf(w, "\n%s\n", holds(d.Scenario, d.Strength))
		printOutcome(w, d)
		for _, why := range d.Why {
			fmt.Fprintf(w, "                    FAILED: %s.\n", why)
		}
		exact = exact && d.ExposureExact && d.LedgerVerified
	}
	if exact {
		fmt.Fprintf(w, "\nEach time Cloison's list of persons and fields was exactly what the attacker had received, and the ledger was whole.\n")
	}
	if r.Seconds > 0 {
		fmt.Fprintf(w, "The replay took %.0f s.\n", r.Seconds)
	}
}

func printOutcome(w io.Writer, d *drill.Report) {
	if u := d.Unprotected; u != nil {
		fmt.Fprintf(w, "  Without Cloison   %s persons read in %.1f s; at that pace all %s in %s.\n", count(u.PersonsExposed), u.Seconds,
			count(d.PersonsTotal), pace(float64(d.PersonsTotal)/float64(u.PersonsExposed)*u.Seconds))
	}
	if d.Scenario == drill.RecoveryFraud {
		fmt.Fprintf(w, "  With Cloison      %s persons read, %d passkeys taken.\n", count(d.PersonsExposed), d.FactorsTaken)
		if d.Recovered {
			fmt.Fprintf(w, "                    The adviser, present in person, works again.\n")
		}
		return
	}
	fmt.Fprintf(w, "  With Cloison      %s persons read, %d accounts made.\n", count(d.PersonsExposed), d.AccountsCreated)
	if d.Strength == "accomplice" {
		fmt.Fprintf(w, "                    Before the first read Cloison said: at most %d.\n", d.PersonsBound)
	}
	if d.ContainedAfterMS != nil {
		fmt.Fprintf(w, "                    Seen after %d disclosures; %d accounts, the manager's among them, cut %d ms later;\n"+
			"                    %d persons read after the cut.\n", d.DetectedAfterDisclosures, d.LineageCut, *d.ContainedAfterMS, d.ReadsAfterCut)
	}
}

// replayed names the attack.
func replayed(scenario string) string {
	if scenario == drill.RecoveryFraud {
		return "A fake support call about an adviser's lost key"
	}
	return "1 December 2025"
}

// holds is what an attacker of that strength has.
func holds(scenario, strength string) string {
	switch scenario + " " + strength {
	case "rgc-hijack password":
		return "The attacker holds the manager's password and mailbox, where the second factor is sent."
	case "rgc-hijack session":
		return "The attacker holds the cookie of the manager's live session."
	case "rgc-hijack accomplice":
		return "The attacker holds the manager's key, and an approver who says yes."
	case drill.RecoveryFraud + " call":
		return "The attacker holds the adviser's password and mailbox, and the manager believes the call."
	case drill.RecoveryFraud + " mailbox":
		return "The attacker holds the adviser's password and mailbox, and tries all that looks like self-service."
	case drill.RecoveryFraud + " accomplice":
		return "The attacker holds the adviser's password and mailbox; the manager asks for a new code, and the approver tells it by telephone."
	}
	return strength
}

// pace is a duration as people say it.
func pace(seconds float64) string {
	if seconds < 120 {
		return fmt.Sprintf("%.0f seconds", seconds)
	}
	return fmt.Sprintf("%.0f minutes", seconds/60)
}
