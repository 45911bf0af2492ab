package oversight

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cloison"
	"cloison/access/letters"
	"cloison/access/signin"
	"cloison/console/web"
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
		return 0, web.NotFound()
	}
	return id, nil
}

func (h *outbox) describeResend(ctx context.Context, v web.Viewer, s resendSubject) (i18n.Params, error) {
	id, err := s.id()
	if err != nil {
		return nil, err
	}
	l, err := h.letters.Letter(ctx, id)
	if err != nil {
		if cloison.KindOf(err) == cloison.NotFound {
			return nil, web.NotFound()
		}
		return nil, err
	}
	return i18n.Params{"kind": web.Family("letter.").Of(l.Kind), "name": h.Party(ctx, v, l.To).Name},
		h.letters.MayResend(ctx, v.Caller(), id)
}

func (h *outbox) resend(ctx context.Context, v web.Viewer, s resendSubject) (web.Outcome, error) {
	id, err := s.id()
	if err != nil {
		return web.Outcome{}, err
	}
	if err := h.letters.Resend(ctx, v.Caller(), id); err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Letter int64         `json:"letter"`
		State  letters.State `json:"state"`
	}{id, letters.Unsent}, Next: "/courriels"}, nil
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
	To        web.Party     `json:"to"`
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

func (l *lettersView) Title(s web.Say) string {
	switch {
	case !l.Sends:
		return s("letters.title_off")
	case l.troubled == 0:
		return s("letters.title_fine")
	}
	return web.Numbered(s, "letters.title", l.troubled)
}

func (h *outbox) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, q := r.Context(), r.URL.Query()
	view := &lettersView{Letters: []letterView{}, Tally: []letterCount{}, Sends: h.letters.Sends(), State: letters.State(q.Get("state"))}
	var before int64
	if s := q.Get("before"); s != "" {
		var err error
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before <= 0 {
			return nil, web.NotFound()
		}
	}
	if view.State != "" && !slices.Contains(letters.States(), view.State) {
		return nil, web.NotFound()
	}
	tally, err := h.letters.Tally(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range letters.States() {
		if tally[s] > 0 {
			view.Tally = append(view.Tally, letterCount{s, tally[s]})
		}
	}
	view.troubled = tally[letters.Doubtful] + tally[letters.Failed]
	list, err := h.letters.List(ctx, view.State, before, web.PageLength+1)
	if err != nil {
		return nil, err
	}
	if len(list) > web.PageLength {
		list = list[:web.PageLength]
		view.Older = list[web.PageLength-1].ID
	}
	named := make([]cloison.AccountID, len(list))
	for i, l := range list {
		named[i] = l.To
	}
	if err := h.Know(ctx, v, named); err != nil {
		return nil, err
	}
	for _, l := range list {
		view.Letters = append(view.Letters, letterView{ID: l.ID, At: l.Made, Kind: l.Kind, As: l.As, To: h.Party(ctx, v, l.To), State: l.State,
			Settled: l.Settled, Tries: l.Tries, Reply: l.Reply,
			MayResend: h.letters.MayResend(ctx, v.Caller(), l.ID) == nil})
	}
	return view, nil
}
