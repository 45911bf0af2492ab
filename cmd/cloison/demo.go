package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/app"
	"cloison/internal/demo/network"
	"cloison/internal/drill"
	"cloison/internal/fakes/softkey"
)

type demoCommand struct {
	Persons int    `default:"1600000" help:"How many files the tool holds." placeholder:"N"`
	Dir     string `help:"Keep everything here: config, database, log. Without it a temporary directory, removed at the end." placeholder:"D" type:"path"`
	Once    bool   `help:"Replay, report and exit; without it the demo goes on serving."`
}

// demoReport is what demo --once --json prints.
type demoReport struct {
	PersonsTotal int             `json:"persons_total"`
	Seconds      float64         `json:"seconds"`
	Drills       []*drill.Report `json:"drills"`
}

// bareTime and barePersons end each attack on the bare tool; nothing else would.
const (
	bareTime    = 10 * time.Second
	barePersons = 50_000
)

func (c *demoCommand) Run(e *env) error {
	if c.Persons < 4000 {
		return cloison.Errorf(cloison.Invalid, "--persons: want at least 4 000, so that there are towns and teams")
	}
	start := time.Now()
	dir, remove, err := c.directory()
	if err != nil {
		return err
	}
	defer remove()
	log := app.NewLogger(e.Stderr, slog.LevelError)
	e.say("A French network of %s files is being set up: structures, agents, caseloads, provider, tool, Cloison.", count(c.Persons))
	w, err := newWorld(e.ctx, worldOptions{dir: dir, persons: c.Persons, fixed: !c.Once}, log, e.Now)
	if err != nil {
		return err
	}
	defer w.close()
	ctx, stop := context.WithCancel(e.ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.run(ctx) }()
	report, err := c.replay(ctx, e, w)
	if err != nil {
		stop()
		<-ended
		return err
	}
	report.Seconds = time.Since(start).Seconds()
	if err := e.report(report, func(out io.Writer) { printComparison(out, report) }); err != nil {
		return err
	}
	if !c.Once {
		if err := c.visit(ctx, e, w); err != nil {
			return err
		}
		select {
		case <-e.ctx.Done():
		case err := <-ended:
			return err
		}
	}
	stop()
	<-ended
	for _, d := range report.Drills {
		if !d.Pass {
			return errFound
		}
	}
	return nil
}

func (c *demoCommand) directory() (dir string, remove func(), err error) {
	if c.Dir != "" {
		return c.Dir, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "cloison-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// replay loads the network, gives the people their keys and plays the attack in every strength.
func (c *demoCommand) replay(ctx context.Context, e *env, w *world) (*demoReport, error) {
	if err := w.load(ctx, func(what string, lines int) { e.say("  %12s %s", count(lines), what) }); err != nil {
		return nil, err
	}
	stage, err := w.drillWorld(ctx)
	if err != nil {
		return nil, err
	}
	report := &demoReport{PersonsTotal: c.Persons}
	for _, strength := range drill.Catalogue()[0].Strengths {
		e.say("The attack of 1 December 2025, strength “%s”…", strength)
		r, err := drill.Run(ctx, stage, drill.Catalogue()[0].Name, strength, w.log)
		if err != nil {
			return nil, fmt.Errorf("drill %s: %w", strength, err)
		}
		report.Drills = append(report.Drills, r)
	}
	return report, w.sealed(ctx)
}

// sealed waits until every row is under a signed checkpoint, which takes at most two seconds.
func (w *world) sealed(ctx context.Context) error {
	for deadline := time.Now().Add(20 * time.Second); ; {
		gate, err := w.house.Store.Gate(ctx)
		if err != nil {
			return err
		}
		mark, err := w.house.Store.Sealed(ctx)
		if err != nil || mark.Seq == gate.NextSeq-1 {
			return err
		}
		if time.Now().After(deadline) {
			return cloison.Errorf(cloison.Unavailable, "%d rows are not sealed after 20 s", gate.NextSeq-1-mark.Seq)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// drillWorld casts the drill: a manager and an accomplice with their keys, an officer who observes, two identities to
// come.
func (w *world) drillWorld(ctx context.Context) (drill.World, error) {
	structure := w.mailStructure(0)
	people, err := w.cast(ctx, structure, network.Manager, network.Approver, network.Officer, network.Adviser, network.Director)
	if err != nil {
		return drill.World{}, err
	}
	for role, p := range people {
		p.key = softkey.New()
		code, err := w.house.Approvals.IssueCode(ctx, p.account.ID, false)
		if err != nil {
			return drill.World{}, err
		}
		if err := drill.Enrol(ctx, w.urls[consoleName], w.actor(p), code); err != nil {
			return drill.World{}, fmt.Errorf("the %s cannot enrol: %w", role, err)
		}
		people[role] = p
	}
	stage := drill.World{
		Console: w.urls[consoleName], Tool: w.urls[toolName], Bare: w.urls[bareName], SignUp: w.urls[providerName] + "/api/v2/inscription",
		Persons: int64(w.network.Persons()), BareTime: bareTime, BarePersons: barePersons,
		Manager: w.actor(people[network.Manager]), Accomplice: w.actor(people[network.Approver]), Officer: w.actor(people[network.Officer]),
		Victim: w.actor(people[network.Adviser]), Witness: w.actor(people[network.Director]),
		Subject: func(email string) string { return network.Subject(network.IdentiteProvider, email) },
		Train:   w.attest,
	}
	domain := w.network.Structure(structure).Domain
	for _, local := range []string{"camille.exemple", "dominique.exemple"} {
		email := local + "@" + domain
		stage.Rogues = append(stage.Rogues, drill.Actor{Email: email, Password: "mot de passe du voleur",
			Mailbox: func(context.Context) (string, error) { return w.code(email) }})
	}
	for i := range w.network.Structures() {
		stage.Communes = append(stage.Communes, w.network.Structure(i).Commune)
	}
	return stage, nil
}

// visit prints what to open and as whom: all that a sign-in asks for, and a fresh enrolment code for each.
func (c *demoCommand) visit(ctx context.Context, e *env, w *world) error {
	structure := w.mailStructure(1)
	roles := []network.Role{network.Adviser, network.Manager, network.Approver, network.Officer}
	people, err := w.cast(ctx, structure, roles...)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "\nCloison now serves. Open in a browser of this machine:\n\n  console  %s\n  tool     %s   (behind Cloison)\n  bare     %s   (the same tool without Cloison)\n\n"+
		"Sign in on the console with e-mail, password and second factor; then type the enrolment code, which works once.\n"+
		"The replay has given two of them a passkey already: where the page asks for it, follow its link to the code.\n",
		w.urls[consoleName], w.urls[toolName], w.urls[bareName])
	for _, role := range roles {
		p := people[role]
		code, err := w.house.Approvals.IssueCode(ctx, p.account.ID, false)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "\n  as %s\n    e-mail          %s\n    password        %s\n    second factor   %s\n    enrolment code  %s\n",
			role, p.agent.Email, p.agent.Password, w.secondFactor(p.agent), code.Reveal())
	}
	stranger, err := w.stranger(ctx, structure, people[network.Adviser].account)
	if err != nil {
		return err
	}
	person := string(stranger) // invented, and its redacted form would be of no use in a command
	fmt.Fprintf(e.Stdout, "\nPerson %s of that adviser’s structure is somebody else’s. At the desk they read out the code that their own site shows to them:\n\n"+
		"  curl -s -H \"Authorization: Bearer $(cat '%s')\" -d '{\"person\":\"%s\"}' %s%s\n\nThe adviser types it at %s%s, and opens the file until the evening.\n",
		person, filepath.Join(w.dir, siteSecret), person, w.urls[deskName], explanation.CodesPath, w.urls[consoleName], "/dossier")
	fmt.Fprintf(e.Stdout, "\nEverything is in %s; every command works on it with --config %s. Ctrl-C ends.\n", w.dir, filepath.Join(w.dir, "cloison.yaml"))
	return nil
}

// secondFactor says where the person finds what the provider asks for after the password.
func (w *world) secondFactor(a network.Agent) string {
	if a.Key != "" {
		return a.Key + "   (what the key of the provider answers)"
	}
	return "the code at " + w.urls[providerName] + "/api/v2/boite?email=" + url.QueryEscape(a.Email) + "   (the mailbox)"
}

// stranger is a person of the structure whom the account does not meet.
func (w *world) stranger(ctx context.Context, structure int, account directory.Account) (cloison.PersonRef, error) {
	met, err := w.house.Explanations.Explanations(ctx, account.ID, w.now())
	if err != nil {
		return "", err
	}
	for lo, hi := w.network.Members(structure); lo < hi; lo++ {
		ref := cloison.PersonRef(w.network.ID(lo))
		if _, ok := met[ref]; !ok {
			return ref, nil
		}
	}
	return "", cloison.Errorf(cloison.Internal, "the adviser meets the whole structure")
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
