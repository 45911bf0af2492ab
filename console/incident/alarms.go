package incident

import (
	"context"
	"net/http"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/console/web"
	"cloison/incident/contain"
	"cloison/incident/watch"
	"cloison/internal/i18n"
	"cloison/wall/disclose"
)

// alarmView is one alarm, with the numbers of its sentence.
type alarmView struct {
	ID          int64               `json:"id"`
	At          time.Time           `json:"at"`
	Level       string              `json:"level"` // soft or hard
	Account     cloison.AccountID   `json:"account"`
	Lineage     cloison.AccountID   `json:"lineage"`
	Structure   cloison.StructureID `json:"structure"`
	Subject     string              `json:"subject"` // account, lineage or structure: whose stream rose
	Persons     int                 `json:"persons"` // asked for that day
	Unexplained int                 `json:"unexplained"`
	Shown       int                 `json:"shown"`           // persons shown to the account's lineage that day before the alarm
	Once        int64               `json:"once_in"`         // normal work reaches this level less than once in this many disclosures
	Age         int64               `json:"age_seconds"`     // of the account at the alarm
	Fresh       bool                `json:"fresh,omitempty"` // on probation
	Cut         cloison.ActID       `json:"cut,omitzero"`
	CutAccounts int                 `json:"cut_accounts,omitempty"`

	Stopped  bool      `json:"-"` // there is nothing left to cut
	Party    web.Party `json:"-"`
	Maker    web.Party `json:"-"`
	sentence watch.Sentence
}

// alarmsView is GET /alarmes?since=: newest first.
type alarmsView struct {
	Alarms []alarmView `json:"alarms"`
	Since  time.Time   `json:"since"`
	Hard   int         `json:"-"`
}

func (a *alarmsView) Title(s web.Say) string {
	if a.Hard == 0 && len(a.Alarms) > 0 {
		return s("alarms.title_soft", "n", len(a.Alarms))
	}
	return web.Numbered(s, "alarms.title", a.Hard)
}

const (
	AlarmsBack = 7 * 24 * time.Hour // shown without ?since=
	MaxAlarms  = 500
)

// sinceOf reads ?since=; without it a list goes that far back.
func (h *incident) sinceOf(r *http.Request, back time.Duration) (time.Time, error) {
	q := h.Query(r)
	if since := q.Time("since"); !since.IsZero() || q.Err != nil {
		return since, q.Err
	}
	return h.Now().Add(-back), nil
}

func (h *alarms) page(r *http.Request, v web.Viewer) (web.View, error) {
	since, err := h.sinceOf(r, AlarmsBack)
	if err != nil {
		return nil, err
	}
	list, err := h.watch.Since(r.Context(), v.Scope(""), since, MaxAlarms)
	if err != nil {
		return nil, err
	}
	cuts, err := h.container.Cuts(r.Context())
	if err != nil {
		return nil, err
	}
	view := &alarmsView{Alarms: []alarmView{}, Since: since}
	kin, err := h.knowAlarmed(r.Context(), v, list)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		one, err := h.alarmView(r.Context(), v, a, cuts, kin[a.Lineage])
		if err != nil {
			return nil, err
		}
		if a.Level == "hard" {
			view.Hard++
		}
		view.Alarms = append(view.Alarms, one)
	}
	return view, nil
}

// knowAlarmed reads the accounts that alarms name, and their lineages, by root.
func (h *alarms) knowAlarmed(ctx context.Context, v web.Viewer, list []disclose.Alarm) (map[cloison.AccountID][]directory.Account, error) {
	var named, makers, roots []cloison.AccountID
	for _, a := range list {
		named, roots = append(named, a.Account), append(roots, a.Lineage)
	}
	if err := h.Know(ctx, v, named); err != nil {
		return nil, err
	}
	for _, a := range list {
		account, ok := v.Known(a.Account)
		if !ok {
			return nil, web.NotFound()
		}
		makers = append(makers, watch.Explain(a, account).Maker)
	}
	if err := h.Know(ctx, v, makers); err != nil {
		return nil, err
	}
	kin := map[cloison.AccountID][]directory.Account{}
	accounts, err := h.lineages.Lineages(ctx, roots)
	for _, a := range accounts {
		kin[a.Lineage] = append(kin[a.Lineage], a)
	}
	return kin, err
}

func (h *alarms) alarmView(ctx context.Context, v web.Viewer, a disclose.Alarm, cuts []contain.Cut, kin []directory.Account) (alarmView, error) {
	account, _ := v.Known(a.Account)
	s := watch.Explain(a, account)
	one := alarmView{ID: a.ID, At: a.At, Level: a.Level, Account: a.Account, Lineage: a.Lineage, Structure: a.Structure, Persons: a.Persons,
		Unexplained: a.Unexplained, Once: int64(h.lineages.Gauge.Bound.Detector.Soft), Age: int64(s.Age.Seconds()), Fresh: s.Fresh, sentence: s,
		Stopped: account.State == directory.Suspended, Party: h.Party(ctx, v, a.Account), Maker: h.Party(ctx, v, s.Maker),
		Subject: map[byte]string{'a': "account", 'l': "lineage", 's': "structure"}[a.Counted[0]]}
	if a.Level == "hard" {
		one.Once = int64(h.lineages.Gauge.Bound.Detector.Hard)
	}
	if i := slices.IndexFunc(cuts, func(cut contain.Cut) bool { return cut.Alarm == a.ID }); i >= 0 {
		one.Cut, one.CutAccounts = cuts[i].ID, cuts[i].Effect.Accounts
	}
	var err error
	one.Shown, err = h.shownBefore(ctx, a, kin)
	return one, err
}

// shownBefore counts the persons shown to the alarm's lineage, whose accounts these are, that day before it.
func (h *alarms) shownBefore(ctx context.Context, a disclose.Alarm, kin []directory.Account) (int, error) {
	local := a.At.In(h.Zone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, h.Zone)
	accounts := make([]cloison.AccountID, len(kin))
	for i, member := range kin {
		accounts[i] = member.ID
	}
	return h.exposures.Persons(ctx, accounts, day, a.At)
}

// Says says the alarm in sentences made of its numbers.
func (a alarmView) Says(s *web.Sheet) []string {
	said := []string{s.Say("alarm.count", "n", a.Persons, "unexplained", a.Unexplained)}
	if a.sentence.Age > 0 {
		said = append(said, a.age(s))
	}
	if a.Cut != 0 {
		said = append(said, s.Say("alarm.cut", "n", a.CutAccounts))
	}
	return append(said, s.Say("alarm.once", "n", a.Once))
}

// age says how old the account was.
func (a alarmView) age(s *web.Sheet) string {
	age := a.sentence.Age
	key, n := i18n.Key("alarm.minutes"), int(age.Minutes())
	switch {
	case age >= 48*time.Hour:
		key, n = "alarm.days", int(age.Hours()/24)
	case age >= 2*time.Hour:
		key, n = "alarm.hours", int(age.Hours())
	}
	said := s.Say(key, "n", n)
	if a.Fresh {
		said += " " + s.Say("alarm.fresh")
	}
	return said
}
