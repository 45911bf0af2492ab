package main

import (
	"fmt"
	"io"
	"time"

	"cloison"
	"cloison/ledger/retention"
)

// holdDocument is a hold as the program prints it.
type holdDocument struct {
	ID     string            `json:"id"`
	At     time.Time         `json:"at"`
	By     cloison.AccountID `json:"by,omitzero"` // nobody: the operator
	Reason string            `json:"reason"`
	Asked  cloison.AccountID `json:"lift_asked_by,omitzero"`
	Lifted time.Time         `json:"lifted,omitzero"`
}

func holdOf(h retention.Hold) holdDocument {
	return holdDocument{ID: h.ID.String(), At: h.At, By: h.By, Reason: h.Reason, Asked: h.AskedBy, Lifted: h.Lifted}
}

type ledgerHold struct {
	Reason string `arg:"" help:"A reference, as the case's number: no names."`
}

func (c *ledgerHold) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	hold, err := a.LegalHolds().Hold(e.ctx, cloison.Operator(), c.Reason)
	if err != nil {
		return err
	}
	return e.report(holdOf(hold), func(w io.Writer) {
		fmt.Fprintf(w, "No row is dropped any more, whatever its age. To end this: cloison ledger lift %v\n", hold.ID)
	})
}

type ledgerHolds struct{}

func (ledgerHolds) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	all, err := a.LegalHolds().Holds(e.ctx)
	if err != nil {
		return err
	}
	list := []holdDocument{}
	for _, one := range all {
		list = append(list, holdOf(one))
	}
	return e.report(map[string]any{"holds": list}, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, "Nothing is held: rows go at the end of their retention.")
		}
		for _, one := range list {
			state := "holds"
			if !one.Lifted.IsZero() {
				state = "lifted " + one.Lifted.In(a.Zone).Format(time.DateTime)
			}
			fmt.Fprintf(w, "%s  since %s  %s  %s\n", one.ID, one.At.In(a.Zone).Format(time.DateTime), state, one.Reason)
		}
	})
}

type ledgerLift struct {
	Hold string `arg:"" help:"The hold's id."`
}

func (c *ledgerLift) Run(e *env) error {
	a, err := e.open()
	if err != nil {
		return err
	}
	defer a.Close()
	id, err := cloison.ParseActID(c.Hold)
	if err != nil {
		return err
	}
	if _, err := a.LegalHolds().Lift(e.ctx, cloison.Operator(), id); err != nil {
		return err
	}
	return e.report(map[string]string{"lifted": id.String()}, func(w io.Writer) {
		fmt.Fprintln(w, "The hold is lifted. What it kept goes in a week, unless another hold is set.")
	})
}
