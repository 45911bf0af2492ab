package letters

import (
	"bytes"
	"context"
	"time"

	"cloison"
)

// Write writes once what is to be written.
func (c *Letters) Write(ctx context.Context) error { return c.writeDue(ctx) }

// Send sends once what is due.
func (c *Letters) Send(ctx context.Context) error { return c.sendDue(ctx) }

// Plain is plain.
var Plain = plain

// Compose is the mail of a letter as the relay hears it.
func (r *Relay) Compose(l Letter) ([]byte, error) {
	m, err := r.message(l)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = m.WriteTo(&b)
	return b.Bytes(), err
}

// Render renders a kind with all facts, or with none.
func Render(lang string, k Kind, change string, full bool) (string, cloison.Personal, error) {
	w, err := newRenderer(lang, "console.example", "", time.UTC)
	if err != nil {
		return "", "", err
	}
	f := facts{Change: change, When: w.when(time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC)), Since: w.day(time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC)),
		Who: "Alice Martin", Structure: "Mission locale", Giver: "Max", Ends: "1er avril 2026", Course: "awareness", Days: 7, Count: 1,
		Lines: []string{"une ligne"}}
	if full {
		w.help = "Appelez le 00."
		f.Own, f.Again, f.Cut, f.Roles, f.Maker, f.Approver, f.Actor, f.Course, f.Days, f.Count = true, true, true, "conseiller", "Max", "Anne", "Max",
			"managers", 1, 12
		f.GiverStructure, f.Lines = "Mission locale", []string{"une ligne", "une autre"}
	}
	return w.write(k, f)
}
