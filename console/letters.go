package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cloison"
	"cloison/access/letters"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// Resend is the verb of an officer who lets a letter go again that may have arrived.
const Resend signin.Verb = "resend"

// resendSubject is the letter.
type resendSubject struct {
	Letter string `json:"letter"` // its number
}

func (s resendSubject) id() (int64, error) {
	id, err := strconv.ParseInt(s.Letter, 10, 64)
	if err != nil || id <= 0 {
		return 0, notFound()
	}
	return id, nil
}

func (c *Console) aboutResend(ctx context.Context, v viewer, s resendSubject) (i18n.Params, error) {
	id, err := s.id()
	if err != nil {
		return nil, err
	}
	l, err := c.Store.Letter(ctx, id)
	if err != nil {
		if cloison.KindOf(err) == cloison.NotFound {
			return nil, notFound()
		}
		return nil, err
	}
	return i18n.Params{"kind": label("letter." + string(l.Kind)), "name": c.party(ctx, v, l.To).Name},
		c.Courier.MayResend(ctx, v.caller(), id)
}

func (c *Console) resend(ctx context.Context, v viewer, s resendSubject) (outcome, error) {
	id, err := s.id()
	if err != nil {
		return outcome{}, err
	}
	if err := c.Courier.Resend(ctx, v.caller(), id); err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Letter int64         `json:"letter"`
		State  letters.State `json:"state"`
	}{id, letters.Unsent}, next: "/courriels"}, nil
}

// lettersView is GET /courriels: the outbox without addresses and texts.
type lettersView struct {
	Letters  []letterView  `json:"letters"`
	Tally    []letterCount `json:"tally"`
	Sends    bool          `json:"sends"` // there is a relay
	State    letters.State `json:"state,omitempty"`
	Older    int64         `json:"older,omitempty"` // the page after: ?before=
	troubled int
}

type letterCount struct {
	State letters.State `json:"state"`
	N     int           `json:"n"`
}

type letterView struct {
	ID        int64         `json:"id"`
	At        time.Time     `json:"at"`
	Kind      letters.Kind  `json:"kind"`
	As        letters.Role  `json:"as"`
	To        party         `json:"to"`
	State     letters.State `json:"state"`
	Settled   time.Time     `json:"settled,omitzero"`
	Tries     int           `json:"tries"`
	Reply     string        `json:"reply,omitempty"`
	MayResend bool          `json:"may_resend"`
}

// Shape is how a state looks: as an account that is active, waits or is stopped.
func (l letterView) Shape() string {
	switch l.State {
	case letters.Sent, letters.Folded:
		return "active"
	case letters.Failed, letters.Doubtful:
		return "suspended"
	}
	return "pending"
}

func (l *lettersView) title(s say) string {
	switch {
	case !l.Sends:
		return s("letters.title_off")
	case l.troubled == 0:
		return s("letters.title_fine")
	}
	return numbered(s, "letters.title", l.troubled)
}

func (c *Console) letters(r *http.Request, v viewer) (titled, error) {
	ctx, q := r.Context(), r.URL.Query()
	view := &lettersView{Letters: []letterView{}, Tally: []letterCount{}, Sends: c.Courier != nil && c.Courier.Sends(), State: letters.State(q.Get("state"))}
	var before int64
	if s := q.Get("before"); s != "" {
		var err error
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before <= 0 {
			return nil, notFound()
		}
	}
	if view.State != "" && !slices.Contains(letters.States(), view.State) {
		return nil, notFound()
	}
	tally, err := c.Store.Tally(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range letters.States() {
		if tally[s] > 0 {
			view.Tally = append(view.Tally, letterCount{s, tally[s]})
		}
	}
	view.troubled = tally[letters.Doubtful] + tally[letters.Failed]
	list, err := c.Store.Letters(ctx, view.State, before, pageLength+1)
	if err != nil {
		return nil, err
	}
	if len(list) > pageLength {
		list = list[:pageLength]
		view.Older = list[pageLength-1].ID
	}
	named := make([]cloison.AccountID, len(list))
	for i, l := range list {
		named[i] = l.To
	}
	if err := c.know(ctx, v, named); err != nil {
		return nil, err
	}
	for _, l := range list {
		view.Letters = append(view.Letters, letterView{ID: l.ID, At: l.Made, Kind: l.Kind, As: l.As, To: c.party(ctx, v, l.To), State: l.State,
			Settled: l.Settled, Tries: l.Tries, Reply: l.Reply,
			MayResend: c.Courier != nil && c.Courier.MayResend(ctx, v.caller(), l.ID) == nil})
	}
	return view, nil
}
