package figures

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/rules/policy"
	"cloison/store/sqlite"
	"cloison/wall/disclose"
)

// world is a store on disk with a structure of advisers, each with a caseload and a session, and the stage that
// discloses to them.
type world struct {
	store    *sqlite.DB
	path     string
	stage    *disclose.Discloser
	sessions []signin.Session
	cookies  []string // values, by adviser
	settings policy.Settings
}

const identityProvider = "00000000-0000-0000-0000-000000000000"

// ref is how the tool numbers a person.
func ref(person int) cloison.PersonRef { return cloison.PersonRef(fmt.Sprintf("%0*d", digits, person)) }

// newWorld fills a new store. Its caps are so high that they never refuse; what they count is counted all the same.
func newWorld(ctx context.Context, dir string, agents, caseload int) (*world, error) {
	w := &world{path: filepath.Join(dir, "cloison.db"), settings: policy.Default()}
	caps := &w.settings.Bound.Caps
	caps.AccountPerDay, caps.StructureFloor, caps.PresencePersons = 1_000_000, 1_000_000, 1_000_000
	log := slog.New(slog.DiscardHandler)
	var err error
	if w.store, err = sqlite.Open(ctx, w.path, sqlite.Options{Migrate: true}); err != nil {
		return nil, err
	}
	if _, err := w.store.ImportStructures(ctx, []directory.Structure{{ID: "ML-1",
		Label: "Mission Locale d’essai"}}); err != nil {
		return nil, err
	}
	for i := range agents {
		if err := w.hire(ctx, i, caseload); err != nil {
			return nil, err
		}
	}
	d := directory.New(w.store, directory.Settings{}, log, time.Now)
	w.stage, err = disclose.New(disclose.Options{Store: w.store, Directory: d, Explanations: explanation.New(w.store, d, explanation.Settings{}, time.Now),
		Settings: w.settings, Zone: time.UTC, Log: log, Now: time.Now})
	return w, err
}

// hire makes one adviser.
func (w *world) hire(ctx context.Context, i, caseload int) error {
	now := time.Now()
	b := directory.Binding{IdP: identityProvider, Sub: fmt.Sprint("adviser-", i)}
	a := directory.Account{ID: cloison.NewAccountID(), Structure: "ML-1", Name: "Agent",
		Email:   cloison.Personal(fmt.Sprintf("agent%d@ml.example", i)),
		Binding: b, Roles: directory.Adviser, State: directory.Active, Created: now.AddDate(-1, 0, 0), LastSeen: now,
		AwarenessUntil: now.AddDate(0, 3, 0)}
	a.Lineage = a.ID
	refused, err := w.store.ImportAccounts(ctx, []directory.Account{a})
	if err == nil {
		err = first(refused)
	}
	if err != nil {
		return err
	}
	if a, err = w.store.AccountByBinding(ctx, b); err != nil {
		return err
	}
	batch := make([]explanation.Assignment, caseload)
	for j := range batch {
		batch[j] = explanation.Assignment{Binding: b, Person: ref(i*caseload + j), Means: explanation.Caseload,
			Since: now.AddDate(0, -1, 0)}
	}
	if refused, err = w.store.ImportCaseload(ctx, batch); err != nil {
		return err
	}
	if err := first(refused); err != nil {
		return err
	}
	token := sha256.Sum256([]byte(b.Sub))
	cookie := base64.RawURLEncoding.EncodeToString(token[:])
	agent := sha256.Sum256([]byte(userAgent))
	s := signin.Session{ID: cloison.NewSessionID(), Token: sha256.Sum256([]byte(cookie)), Account: a.ID, Binding: b,
		Acr: "eidas2", Amr: []string{"pop"},
		Auth: now, Network: netip.MustParsePrefix("127.0.0.0/24"), UserAgent: hex.EncodeToString(agent[:8]),
		Opened: now, LastSeen: now,
		Expires: now.Add(4 * time.Hour)}
	w.sessions, w.cookies = append(w.sessions, s), append(w.cookies, "cloison="+cookie)
	return w.store.AddSession(ctx, s, int32(w.settings.Bound.Caps.PresencePersons))
}

func first(refused []error) error {
	for _, err := range refused {
		if err != nil {
			return err
		}
	}
	return nil
}

// who is an adviser, as strongly proved as sign-in finds them.
func (w *world) who(i int) disclose.Agent {
	s := w.sessions[i]
	return disclose.Agent{Account: s.Account, Session: policy.Session{ID: s.ID, Assurance: policy.PhishingResistant}}
}
