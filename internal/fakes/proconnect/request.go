package proconnect

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// wanted is what the claims and acr_values parameters ask of the login.
type wanted struct {
	acrs   []string // essential acr values; empty: any
	amr    bool
	eidas1 bool // acr_values=eidas1 without essential acr: reported as eidas1 whatever it was
}

// readWanted reads the parameters (OpenID Connect Core 1.0, section 5.5). An essential acr without values asks for none
// in particular; one of only unsupported values can't be satisfied. acr_values beside an essential acr becomes
// essential too.
func readWanted(claims, acrValues string) (wanted, error) {
	var w wanted
	var essential bool
	if claims != "" {
		var in struct {
			IDToken map[string]*struct {
				Essential bool     `json:"essential"`
				Value     string   `json:"value"`
				Values    []string `json:"values"`
			} `json:"id_token"`
			Userinfo json.RawMessage `json:"userinfo"`
		}
		if err := json.Unmarshal([]byte(claims), &in); err != nil {
			return w, fmt.Errorf("claims: %w", err)
		}
		_, w.amr = in.IDToken["amr"]
		if acr := in.IDToken["acr"]; acr != nil && acr.Essential {
			essential = true
			w.acrs = slices.Clone(acr.Values)
			if acr.Value != "" {
				w.acrs = append(w.acrs, acr.Value)
			}
		}
	}
	if essential && acrValues != "" {
		w.acrs = append(w.acrs, strings.Fields(acrValues)...)
	}
	w.eidas1 = !essential && slices.Contains(strings.Fields(acrValues), "eidas1")
	return w, nil
}

func (w wanted) satisfied(acr string) bool {
	return len(w.acrs) == 0 || slices.Contains(w.acrs, acr) && slices.Contains(acrs(), acr)
}

// fresh reports whether the request only takes levels that always need a new session.
func (w wanted) fresh() bool {
	return len(w.acrs) > 0 && !slices.ContainsFunc(w.acrs, func(acr string) bool { return acr != "eidas2" && acr != "eidas3" })
}

// request is one authorization request from /authorize to /token. The storage's lock guards it.
type request struct {
	id      string
	in      oidc.AuthRequest
	idpHint string
	wanted  wanted
	begun   time.Time

	// The login so far.
	email    string
	password bool // given, and right
	mailed   string
	failures int

	// The login when it is done.
	done    bool
	account Account
	acr     string
	amr     []string
	at      time.Time
	sid     string

	code   string
	issued time.Time
}

var errUnsatisfiable = errors.New("requested ACRs could not be satisfied")

// step is what a login needs next.
type step int

const (
	stepDone step = iota
	stepKey       // the identity provider's own factor
	stepMail      // a code by e-mail, sent by ProConnect itself
)

// next decides what completes a login whose password was right, and what it will be worth.
func (w wanted) next(a Account) (s step, acr string, amr []string, err error) {
	acr, amr = a.Acr, slices.Clone(a.Amr)
	switch {
	case w.satisfied(acr) && a.Key == "":
		return stepDone, acr, amr, nil
	case w.satisfied(acr):
		return stepKey, acr, amr, nil
	case a.MailCode && (acr == "eidas0" || acr == "eidas1") && w.satisfied(acr+"-mfa"):
		return stepMail, acr + "-mfa", append(amr, "mail"), nil
	}
	return stepDone, "", nil, errUnsatisfiable
}

func (r *request) GetID() string                      { return r.id }
func (r *request) GetAudience() []string              { return []string{r.in.ClientID} }
func (r *request) GetAuthTime() time.Time             { return r.at }
func (r *request) GetClientID() string                { return r.in.ClientID }
func (r *request) GetNonce() string                   { return r.in.Nonce }
func (r *request) GetRedirectURI() string             { return r.in.RedirectURI }
func (r *request) GetScopes() []string                { return r.in.Scopes }
func (r *request) GetState() string                   { return r.in.State }
func (r *request) GetSubject() string                 { return r.account.Sub }
func (r *request) Done() bool                         { return r.done }
func (r *request) GetResponseType() oidc.ResponseType { return r.in.ResponseType }

// GetResponseMode ignores what was asked, as ProConnect does.
func (r *request) GetResponseMode() oidc.ResponseMode { return "" }

func (r *request) GetACR() string {
	if r.wanted.eidas1 {
		return "eidas1"
	}
	return r.acr
}

// GetAMR is empty unless the claims parameter asks for it.
func (r *request) GetAMR() []string {
	if !r.wanted.amr {
		return nil
	}
	return r.amr
}

func (r *request) GetCodeChallenge() *oidc.CodeChallenge {
	if r.in.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: r.in.CodeChallenge, Method: r.in.CodeChallengeMethod}
}
