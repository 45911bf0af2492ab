package directory

import (
	"context"
	"time"

	"cloison"
)

// Course is a training that conditions an account's right to read.
type Course string

const (
	Awareness      Course = "awareness" // everyone: valid six months
	ManagersCourse Course = "managers"  // managers: valid twelve months
)

// attestation is one line of a training import: who completed which course when, by the training platform's word.
type attestation struct {
	binding Binding
	course  Course
	at      time.Time
}

func trainingColumns() []column {
	return []column{{"idp", true}, {"sub", true}, {"course", true}, {"completed_at", true}}
}

func (d *Directory) parseAttestation(rec []string) (attestation, string) {
	a := attestation{binding: Binding{rec[0], rec[1]}, course: Course(rec[2])}
	if why := checkBinding(a.binding); why != "" {
		return a, why
	}
	if a.course != Awareness && a.course != ManagersCourse {
		return a, "course: unknown" + didYouMean(rec[2], []string{string(Awareness), string(ManagersCourse)})
	}
	var ok bool
	switch a.at, ok = d.date(rec[3], false); {
	case !ok || a.at.IsZero():
		return a, "completed_at: " + wantDate
	case a.at.After(d.now().Add(time.Minute)):
		return a, "completed_at is in the future: a course counts once it is completed"
	}
	return a, ""
}

// attest stores attestations one by one: they are few, and each is a decision on the account as it is now. An older attestation
// never shortens a validity.
func (d *Directory) attest(ctx context.Context, batch []attestation) ([]error, error) {
	whys := make([]error, len(batch))
	for i, at := range batch {
		err := again(func() error { return d.attestOne(ctx, at) })
		switch {
		case err == nil:
		case cloison.KindOf(err) == cloison.NotFound:
			whys[i] = cloison.Errorf(cloison.NotFound, "idp and sub name no account")
		default:
			return nil, err
		}
	}
	return whys, nil
}

func (d *Directory) attestOne(ctx context.Context, at attestation) error {
	a, err := d.store.AccountByBinding(ctx, at.binding)
	if err != nil {
		return err
	}
	until, months := &a.AwarenessUntil, d.settings.AwarenessMonths
	if at.course == ManagersCourse {
		until, months = &a.ManagersUntil, d.settings.CourseMonths
	}
	valid := d.validity(at.at, months)
	if !valid.After(*until) {
		return nil
	}
	*until = valid
	return d.store.UpdateAccount(ctx, a)
}
