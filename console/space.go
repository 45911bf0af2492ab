package console

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/incident/exposure"
	"cloison/wall/disclose"
)

// spacePath is the viewer's own page; accessPath the one beside it, of passkeys and sessions.
const (
	spacePath  = "/mon-espace"
	accessPath = spacePath + "/acces"
)

// caseloadPage is how many persons of the caseload are shown at once: the page has other things to say.
const caseloadPage = 20

// lookBack is how many days of one's own disclosures are counted.
const lookBack = 14

// spaceView is GET /mon-espace: what the viewer may still read today, why, and what the viewer has read.
type spaceView struct {
	Reads          bool            `json:"reads"` // a role of the viewer's opens files
	Today          disclose.Usage  `json:"today"`
	Left           int             `json:"left"`        // persons who can still be shown today
	Unexplained    int             `json:"unexplained"` // of them, at most so many that nobody else explained
	Alarm          string          `json:"alarm"`
	ProbationUntil time.Time       `json:"probation_until,omitzero"`
	Training       time.Time       `json:"awareness_until,omitzero"`
	Trained        bool            `json:"trained"`
	Caseload       int             `json:"caseload"`
	Persons        []ownPerson     `json:"persons"`        // a page of the caseload, by number
	Next           int             `json:"next,omitempty"` // the page after: ?after= so many, for no address has a person's number
	Covers         []ownCover      `json:"covers"`
	Days           []ownDay        `json:"days"` // newest first
	Rows           []ownDisclosure `json:"rows"` // of the day, newest first
	More           int             `json:"more"` // rows of the day that are not listed
	Keys           int             `json:"passkeys"`
}

// Narrow reports whether another limit than the account's own is what is left: the structure's, or the lineage's.
func (v *spaceView) Narrow() bool { return v.Reads && v.Left < v.Today.Cap-v.Today.Shown }

func (v *spaceView) title(s say) string {
	switch {
	case !v.Reads:
		return s("space.title")
	case !v.Trained:
		return s("space.title_untrained")
	}
	return numbered(s, "space.title_left", v.Left)
}

// ownPerson is one person of the viewer's caseload, by the number alone.
type ownPerson struct {
	Person string    `json:"person"`
	Means  string    `json:"means"`
	Until  time.Time `json:"until,omitzero"`
}

// ownCover is a colleague whose caseload the viewer meets.
type ownCover struct {
	Of    party     `json:"of"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// ownDay counts the viewer's disclosures of a day.
type ownDay struct {
	Day     time.Time `json:"day"`
	Persons int       `json:"persons"`
	Rows    int       `json:"rows"`
}

// ownDisclosure is one row of the viewer's.
type ownDisclosure struct {
	At     time.Time `json:"at"`
	Person string    `json:"person"`
	Fields []string  `json:"fields"`
	Means  string    `json:"means"`
}

func (c *Console) space(r *http.Request, v viewer) (titled, error) {
	ctx, now := r.Context(), c.Now()
	view := &spaceView{Reads: v.has(directory.Adviser | directory.Reception), Training: v.account.AwarenessUntil,
		Trained: now.Before(v.account.AwarenessUntil), Persons: []ownPerson{}, Covers: []ownCover{}, Days: []ownDay{}, Rows: []ownDisclosure{}}
	if v.account.OnProbation(now) {
		view.ProbationUntil = v.account.ProbationUntil
	}
	keys, err := c.Signin.Passkeys(ctx, v.session)
	if err != nil {
		return nil, err
	}
	view.Keys = len(keys)
	if !view.Reads {
		return view, nil
	}
	for _, fill := range []func(context.Context, viewer, *spaceView) error{c.ownReach, c.ownCovers, c.ownRows} {
		if err := fill(ctx, v, view); err != nil {
			return nil, err
		}
	}
	return view, c.ownCaseload(ctx, v, view, r.URL.Query().Get("after"))
}

// ownReach measures the viewer's lineage alone.
func (c *Console) ownReach(ctx context.Context, v viewer, view *spaceView) error {
	kin, err := c.kinOf(ctx, v.account.Lineage)
	if err != nil {
		return err
	}
	reach, err := kin.gauge(c).Of(ctx, v.account.ID)
	if err != nil {
		return err
	}
	view.Left, view.Unexplained = reach.Persons, reach.Unexplained
	view.Today, err = c.Gauge.Usage(ctx, v.account, v.session.ID)
	view.Alarm = view.Today.Alarm.String()
	return err
}

func (c *Console) ownCovers(ctx context.Context, v viewer, view *spaceView) error {
	list, err := c.Store.Covers(ctx, v.account.ID, c.Now())
	if err != nil {
		return err
	}
	for _, d := range list {
		of, err := c.Store.Account(ctx, d.Of) // the viewer reads this colleague's files: the name is no secret
		if err != nil {
			return err
		}
		view.Covers = append(view.Covers, ownCover{partyOf(of), d.Since, d.Until})
	}
	return nil
}

// ownCaseload lists a page of the persons whom the import explains to the viewer.
func (c *Console) ownCaseload(ctx context.Context, v viewer, view *spaceView, after string) error {
	all, err := c.Store.Caseload(ctx, v.account.ID, c.Now())
	if err != nil {
		return err
	}
	view.Caseload = len(all)
	refs := slices.Sorted(maps.Keys(all))
	at := 0
	if after != "" {
		if at, err = strconv.Atoi(after); err != nil || at < 0 {
			return notFound()
		}
	}
	at = min(at, len(refs))
	for _, ref := range refs[at:min(at+caseloadPage, len(refs))] {
		view.Persons = append(view.Persons, ownPerson{string(ref), string(all[ref].Means), all[ref].Until})
	}
	if at+caseloadPage < len(refs) {
		view.Next = at + caseloadPage
	}
	return nil
}

// ownRows counts the viewer's rows of the last days, and lists those of today.
func (c *Console) ownRows(ctx context.Context, v viewer, view *spaceView) error {
	now := c.Now().In(c.Gauge.Zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.Gauge.Zone)
	persons := map[cloison.PersonRef]bool{}
	err := c.Store.Disclosures(ctx, v.account.ID, today.AddDate(0, 0, 1-lookBack), time.Time{}, func(d exposure.Disclosed) error {
		at := time.UnixMilli(d.At).In(c.Gauge.Zone)
		day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, c.Gauge.Zone)
		if n := len(view.Days); n == 0 || !view.Days[n-1].Day.Equal(day) {
			view.Days = append(view.Days, ownDay{Day: day})
			clear(persons)
		}
		last := &view.Days[len(view.Days)-1]
		last.Rows++
		if !persons[d.Person] {
			persons[d.Person] = true
			last.Persons++
		}
		if day.Equal(today) {
			view.Rows = append(view.Rows, ownDisclosure{at, string(d.Person), d.Fields.Names(), kindOf(d.Explanation)})
		}
		return nil
	})
	slices.Reverse(view.Days)
	slices.Reverse(view.Rows)
	if view.More = max(0, len(view.Rows)-pageLength); view.More > 0 {
		view.Rows = view.Rows[:pageLength]
	}
	return err
}

// accessView is GET /mon-espace/acces: the viewer's passkeys and sessions.
type accessView struct {
	Keys     []ownKey     `json:"passkeys"` // oldest first
	Sessions []ownSession `json:"sessions"` // newest first
	Others   int          `json:"-"`
}

func (v *accessView) title(s say) string {
	return s("access.title", "n", len(v.Keys), "sessions", s("access.title_sessions", "n", len(v.Sessions)))
}

// ownKey is one passkey of the viewer's.
type ownKey struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Made     time.Time `json:"made"`
	LastUsed time.Time `json:"last_used,omitzero"`
	Cloned   bool      `json:"cloned,omitzero"`
}

// ownSession is one session of the viewer's.
type ownSession struct {
	ID       cloison.SessionID `json:"id"`
	Browser  string            `json:"browser"` // codes, as the next
	System   string            `json:"system"`
	Network  string            `json:"network"`
	Opened   time.Time         `json:"opened"`
	LastSeen time.Time         `json:"last_seen"`
	Here     bool              `json:"here"`
}

func (c *Console) access(r *http.Request, v viewer) (titled, error) {
	keys, err := c.Signin.Passkeys(r.Context(), v.session)
	if err != nil {
		return nil, err
	}
	sessions, err := c.Signin.Sessions(r.Context(), v.session)
	if err != nil {
		return nil, err
	}
	view := &accessView{Others: len(sessions) - 1}
	for _, k := range keys {
		view.Keys = append(view.Keys, ownKey{keyID(k), k.Name, k.Made, k.LastUsed, k.Cloned})
	}
	for _, s := range sessions {
		view.Sessions = append(view.Sessions, ownSessionOf(s, v.session.ID))
	}
	slices.SortStableFunc(view.Sessions, func(a, b ownSession) int { return cmp.Compare(truth(b.Here), truth(a.Here)) })
	return view, nil
}

func ownSessionOf(s signin.Session, here cloison.SessionID) ownSession {
	browser, system := s.Claims()
	network := ""
	if s.Network.IsValid() {
		network = s.Network.String()
	}
	return ownSession{s.ID, browser, system, network, s.Opened, s.LastSeen, s.ID == here}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// kindOf is the word of an explanation; of a row without one, none.
func kindOf(explanation string) string {
	for i, r := range explanation {
		if r == ':' {
			return explanation[:i]
		}
	}
	return cmp.Or(explanation, "none")
}
