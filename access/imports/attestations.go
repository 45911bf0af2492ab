package imports

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/suggest"
)

// attestation is one line of a training import: an agent passed a course, says the training platform.
type attestation struct {
	binding directory.Binding
	course  directory.Course
	at      time.Time
}

func trainingColumns() []Column {
	return []Column{{"idp", true}, {"sub", true}, {"course", true}, {"completed_at", true}}
}

func (im *Importer) parseAttestation(rec []string) (attestation, string) {
	a := attestation{binding: directory.Binding{IdP: rec[0], Sub: rec[1]}, course: directory.Course(rec[2])}
	if why := directory.CheckBinding(a.binding); why != "" {
		return a, why
	}
	if a.course != directory.Awareness && a.course != directory.ManagersCourse {
		return a, "course: unknown" + suggest.DidYouMean(rec[2], directory.CourseNames())
	}
	var ok bool
	switch a.at, ok = im.date(rec[3], false); {
	case !ok || a.at.IsZero():
		return a, "completed_at: " + wantDate
	case im.directory.InFuture(a.at):
		return a, "completed_at is in the future: a course counts once it is completed"
	}
	return a, ""
}

// attest stores attestations one by one: they are few, and each is decided on the account as it is now.
func (im *Importer) attest(ctx context.Context, batch []attestation) ([]error, error) {
	whys := make([]error, len(batch))
	for i, at := range batch {
		a, err := im.directory.AccountOf(ctx, at.binding)
		if err == nil {
			_, err = im.directory.Attest(ctx, a.ID, at.course, at.at, "import")
		}
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
