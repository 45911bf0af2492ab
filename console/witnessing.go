package console

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// Witness is the verb of whoever says that a colleague, to be enrolled again, stands before them.
const Witness signin.Verb = "witness"

// witnesses is the roles of those who may.
const witnesses = directory.Adviser | directory.Reception | house

// witnessSubject is the colleague.
type witnessSubject struct {
	Account cloison.AccountID `json:"account"`
}

func (c *Console) aboutWitness(ctx context.Context, v viewer, s witnessSubject) (i18n.Params, error) {
	a, err := c.seenBy(ctx, s.Account, v.colleague)
	if err != nil {
		return nil, err
	}
	return i18n.Params{"name": a.Name.Reveal()}, c.Directory.MayWitness(ctx, v.caller(), a.ID)
}

func (c *Console) witness(ctx context.Context, v viewer, s witnessSubject) (outcome, error) {
	p, err := c.Directory.Witness(ctx, v.caller(), s.Account)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Account cloison.AccountID `json:"account"`
		Word    string            `json:"word"` // this once
	}{s.Account, p.Word.Reveal()}, say: i18n.Params{"name": p.Account.Name.Reveal(), "until": p.Until.In(c.Gauge.Zone)}, code: p.Word,
		next: "/temoins"}, nil
}

// witnessesView is GET /temoins: colleagues whose new code waits for a witness.
type witnessesView struct {
	Waiting []waitingView `json:"waiting"`
}

type waitingView struct {
	party
	May bool   `json:"may_witness"`
	Bar string `json:"may_witness_not,omitempty"` // why not
}

func (w *witnessesView) title(s say) string { return numbered(s, "witnesses.title", len(w.Waiting)) }

func (c *Console) witnessing(r *http.Request, v viewer) (titled, error) {
	ctx, view := r.Context(), &witnessesView{Waiting: []waitingView{}}
	var after cloison.AccountID
	for {
		batch, err := c.Store.Accounts(ctx, v.account.Structure, after, 1000)
		if err != nil || len(batch) == 0 {
			return view, err
		}
		for _, a := range batch {
			after = a.ID
			if a.State != directory.Pending || a.ReenrolledBy == 0 {
				continue
			}
			one := waitingView{party: partyOf(a)}
			switch err := c.Directory.MayWitness(ctx, v.caller(), a.ID); {
			case err == nil:
				one.May = true
			case cloison.KindOf(err) == cloison.Conflict: // no code waits
				continue
			case cloison.KindOf(err) == cloison.Denied:
				one.Bar = string(signin.ReasonOf(err))
			default:
				return nil, err
			}
			view.Waiting = append(view.Waiting, one)
		}
	}
}
