package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/durable"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// DeskConfig is the explanations of the day. Without an address no person is given a code.
type Desk struct {
	Listen         string `yaml:"listen"` // where the body's own site asks for its persons' codes, alone
	KeyFile        string `yaml:"key_file"`
	CredentialFile string `yaml:"credential_file"`
	CodesPerMinute int    `yaml:"codes_per_minute"`
	CodeTries      int    `yaml:"code_tries"`

	VisitsPerReception int `yaml:"visits_per_reception"`
	VisitsPerStructure int `yaml:"visits_per_structure"`

	BreakGlassPerAccount   int           `yaml:"break_glass_per_account"`
	BreakGlassPerStructure int           `yaml:"break_glass_per_structure"`
	BreakGlassLife         time.Duration `yaml:"break_glass_life"`
}

func (c Desk) check() error {
	if (c.Listen == "") != (c.CredentialFile == "") {
		return fmt.Errorf("listen and credential_file go together: whoever asks for codes must show who they are")
	}
	return nil
}

// newDesk makes the stage. disclosed takes wrong codes as evidence.
func (h *App) newDesk(disclosed *disclose.Discloser) (*explanation.Desk, explanation.Codes, error) {
	c := h.Config.Desk
	var codes explanation.Codes
	if c.Listen != "" {
		key, err := h.deskKey()
		if err != nil {
			return nil, codes, err
		}
		if codes, err = explanation.NewCodes(key); err != nil {
			return nil, codes, err
		}
	}
	return explanation.New(h.Store, h.Directory, codes, h.evidence(disclosed), explanation.Settings{
		VisitsPerReception: c.VisitsPerReception, VisitsPerStructure: c.VisitsPerStructure, CodeTries: c.CodeTries,
		BreakGlassPerAccount: c.BreakGlassPerAccount, BreakGlassPerStructure: c.BreakGlassPerStructure, BreakGlassLife: c.BreakGlassLife,
	}, h.Zone, h.Log, h.Now), codes, nil
}

// evidence asks for the person as a refused read does: the ledger then has the refusal, and the account's stream the
// step. Nothing is read, and whoever is explained already is no evidence. The proof of who asks is the passkey that the
// act itself took: no clock decides again whether it is fresh.
func (h *App) evidence(d *disclose.Discloser) explanation.Evidence {
	return func(ctx context.Context, by directory.Caller, person cloison.PersonRef) error {
		met, err := h.Directory.Explanations(ctx, by.Account, h.Now())
		if _, ok := met[person]; ok || err != nil {
			return err
		}
		_, err = d.Disclose(ctx, disclose.Request{
			Agent: disclose.Agent{Account: by.Account, Session: policy.Session{ID: by.Session, Assurance: policy.PhishingResistant}},
			Tool:  "desk", Operation: policy.Read, ID: cloison.NewActID().String(), Persons: []disclose.Person{{Ref: person}},
		})
		return err
	}
}

// deskKey loads the key from which persons' codes are made, or makes it: 32 random bytes in base64. Replicas share it.
func (h *App) deskKey() ([]byte, error) {
	file := h.Config.Path(h.Config.Desk.KeyFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		var key [32]byte
		rand.Read(key[:])
		if err := durable.CreateSecret(file, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n")); err != nil {
			return nil, err
		}
	}
	text, err := h.Config.Secret(h.Config.Desk.KeyFile)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "%s does not hold a desk key: remove it, and a new one is made", file)
	}
	return key, nil
}

// newHanding makes what hands out codes, or nil when there is no address to do it at.
func (h *App) newHanding(codes explanation.Codes) (http.Handler, error) {
	c := h.Config.Desk
	if c.Listen == "" {
		return nil, nil
	}
	credential, err := h.Config.Secret(c.CredentialFile)
	if err != nil {
		return nil, err
	}
	return explanation.CodeEndpoint{Code: codes.Code, Credential: credential, PerMinute: c.CodesPerMinute, Log: h.Log, Now: h.Now}.Handler()
}
