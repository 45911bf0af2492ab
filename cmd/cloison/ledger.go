package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"cloison"
	"cloison/internal/config"
	"cloison/ledger"
	"cloison/ledger/seal"
)

type ledgerCommand struct {
	Verify     ledgerVerify     `cmd:"" help:"Check every row against the log, and the log against its key."`
	Prove      ledgerProve      `cmd:"" help:"Write a proof of one row that verifies offline."`
	Check      ledgerCheck      `cmd:"" help:"Verify a proof file, offline."`
	Checkpoint ledgerCheckpoint `cmd:"" help:"Print the signed checkpoint: keep it elsewhere."`
	Hold       ledgerHold       `cmd:"" help:"Keep every row beyond its retention, for a case."`
	Holds      ledgerHolds      `cmd:"" help:"List the holds."`
	Lift       ledgerLift       `cmd:"" help:"End a hold: what it kept goes a week later."`
}

type ledgerVerify struct {
	Checkpoint []string `help:"A checkpoint kept from before, which the log must continue; repeat for each." placeholder:"FILE" sep:"none"`
	Key        string   `help:"The log's public key, if it is not to be taken from the key file." placeholder:"FILE"`
}

func (c *ledgerVerify) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	key, err := a.PublicKey(c.Key)
	if err != nil {
		return err
	}
	l := ledger.Log{Tiles: os.DirFS(a.Config.Path(a.Config.Ledger.Directory)), Key: key}
	for _, name := range c.Checkpoint {
		older, err := os.ReadFile(name)
		if err != nil {
			return cloison.Errorf(cloison.Invalid, "--checkpoint: %w", err)
		}
		l.Older = append(l.Older, older)
	}
	v, err := seal.Verify(e.ctx, a.Store, l)
	if err != nil {
		return err
	}
	document := struct {
		OK bool `json:"ok"`
		ledger.Verification
	}{v.OK(), v}
	if err := e.report(document, func(w io.Writer) { printVerification(w, v) }); err != nil {
		return err
	}
	if !v.OK() {
		return errFound
	}
	return nil
}

func printVerification(w io.Writer, v ledger.Verification) {
	for _, f := range v.Faults {
		fmt.Fprintln(w, f)
	}
	if v.More > 0 {
		fmt.Fprintf(w, "… and %s more faults\n", count(v.More))
	}
	if v.OK() {
		fmt.Fprintf(w, "The ledger is whole: %s rows, of %s that were sealed; %s wait for their seal.\n", count(v.Rows), count(v.Sealed), count(v.Pending))
		if v.Dropped > 0 {
			fmt.Fprintf(w, "Those up to row %s had reached the end of their retention, as the log has signed.\n", count(v.Dropped))
		}
		return
	}
	fmt.Fprintf(w, "The ledger is not what was sealed: %s faults in %s rows.\n", count(int64(len(v.Faults))+v.More), count(v.Rows))
}

type ledgerProve struct {
	Row int64  `arg:"" help:"The row's number."`
	Out string `short:"o" help:"Write the proof here; without it to standard output." placeholder:"FILE"`
}

func (c *ledgerProve) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	key, err := a.PublicKey("")
	if err != nil {
		return err
	}
	row, err := seal.Row(e.ctx, a.Store, c.Row)
	if err != nil {
		return err
	}
	proof, err := seal.Prove(os.DirFS(a.Config.Path(a.Config.Ledger.Directory)), key, row)
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = e.Stdout.Write(proof.Marshal())
		return err
	}
	return os.WriteFile(c.Out, proof.Marshal(), 0o600)
}

type ledgerCheck struct {
	Proof string `arg:"" help:"The proof file."`
	Key   string `required:"" help:"The log's public key." placeholder:"FILE"`
}

func (c *ledgerCheck) Run(e *env) error {
	b, err := os.ReadFile(c.Key)
	if err != nil {
		return cloison.Errorf(cloison.Invalid, "--key: %w", err)
	}
	key, err := ledger.NewVerifier([]byte(strings.TrimSpace(string(b))))
	if err != nil {
		return err
	}
	file, err := os.ReadFile(c.Proof)
	if err != nil {
		return cloison.Errorf(cloison.Invalid, "proof: %w", err)
	}
	proof, err := ledger.ParseProof(file)
	if err != nil {
		return err
	}
	checkpoint, err := proof.Verify(key)
	if err != nil {
		e.say("The proof does not hold: %v", err)
		return errFound
	}
	return e.report(checkpoint, func(w io.Writer) {
		fmt.Fprintf(w, "The proof holds: row %d is in the ledger of %s, under a checkpoint over %s rows.\n", proof.Row.Seq, checkpoint.Origin,
			count(checkpoint.Size))
	})
}

type ledgerCheckpoint struct{}

func (ledgerCheckpoint) Run(e *env) error {
	c, err := config.Load(e.configPath)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(c.Path(c.Ledger.Directory) + "/checkpoint")
	if err != nil {
		return cloison.Errorf(cloison.NotFound, "nothing is sealed yet: %w", err)
	}
	return e.report(map[string]string{"checkpoint": string(b)}, func(w io.Writer) { w.Write(b) })
}
