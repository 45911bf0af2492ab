package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// check refuses what the law and good clocks do not know: the CNIL wants six months at least, and three years at most
// (délibération 2021-122).
func (l Ledger) check() error {
	if m := l.RetentionMonths; m != 0 && (m < 6 || m > 36) {
		return fmt.Errorf("retention_months: %d: 6 to 36; a single case is kept for longer by a hold (cloison ledger hold)", m)
	}
	if g := l.ClockGain; g != 0 && (g < 20*time.Second || g > time.Hour) {
		return fmt.Errorf("clock_gain: %v: 20s to 1h; less is what clocks do, more opens the next day's caps", g)
	}
	return nil
}

// maxListLines is how long the config may let a list of colleagues be: an approver reads every line.
const maxListLines = 200

// checkLists refuses lists that would be a way around what holds for newcomers one by one.
func (p Policy) checkLists(probationDays int) (wrong []error) {
	if p.ListLines < 0 || p.ListLines > maxListLines {
		wrong = append(wrong, fmt.Errorf("list_lines: %d: 1 to %d, since an approver reads every line", p.ListLines, maxListLines))
	}
	if p.ListProbationDays != 0 && p.ListProbationDays < probationDays {
		wrong = append(wrong, fmt.Errorf("list_probation_days: %d: at least %d, as for everybody (policy.probation_days)", p.ListProbationDays, probationDays))
	}
	if p.ListEveryDays < 0 {
		wrong = append(wrong, fmt.Errorf("list_every_days: %d is no number of days", p.ListEveryDays))
	}
	return wrong
}

func (c *Config) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Store.SQLite != "" && c.Store.PostgresURLFile != "" {
		wrong("store: name one engine, sqlite or postgres_url_file")
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		wrong("timezone: %q is not known: use a name such as Europe/Paris", c.Timezone)
	}
	if err := c.Ledger.check(); err != nil {
		wrong("ledger.%v", err)
	}
	if err := c.Mail.check(); err != nil {
		wrong("mail: %v", err)
	}
	if err := c.Desk.check(); err != nil {
		wrong("desk: %v", err)
	}
	if err := c.Intake.check(); err != nil {
		wrong("intake: %v", err)
	}
	if _, err := c.proxies(); err != nil {
		wrong("trusted_proxies: %v", err)
	}
	if p := c.Policy.TrainingPassMark; p < 0 || p > 100 {
		wrong("policy.training_pass_mark: %d is not a share in per cent", p)
	}
	for _, err := range c.Policy.checkLists(c.ApprovalSettings().Effective().ProbationDays) {
		wrong("policy.%v", err)
	}
	checkURL := func(where, s string) {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			wrong("%s: %q is not an http or https URL", where, s)
		} else if u.Scheme == "http" && !isLoopback(u.Hostname()) {
			wrong("%s: %q must be https: only addresses of this machine may speak plain http", where, s)
		}
	}
	checkURL("console.url", c.Console.URL)
	if _, err := c.Theme(); err != nil {
		wrong("%v", err)
	}
	if (len(c.Passkeys.AllowAAGUIDs) > 0) != (c.Passkeys.AttestationRootsFile != "") {
		wrong("passkeys: allow_aaguids and attestation_roots_file go together: without its maker's certificate, any program may say that it is a listed model")
	}
	if c.Intake.URL != "" {
		checkURL("intake.url", c.Intake.URL)
	}
	if c.Federation.Issuer != "" {
		checkURL("federation.issuer", c.Federation.Issuer)
		if c.Federation.ClientID == "" || c.Federation.ClientSecretFile == "" {
			wrong("federation: client_id and client_secret_file are needed beside issuer")
		}
	}
	names := map[string]bool{}
	for i, t := range c.Tools {
		at := fmt.Sprintf("tools[%d]", i)
		if t.Name == "" || names[t.Name] {
			wrong("%s.name: %q is missing or used twice", at, t.Name)
		}
		names[t.Name] = true
		if t.Listen == "" {
			wrong("%s.listen: where shall the gateway of %q listen?", at, t.Name)
		}
		checkURL(at+".url", t.URL)
		if u, err := url.Parse(t.Upstream); err != nil || u.Host == "" {
			wrong("%s.upstream: %q is not a URL", at, t.Upstream)
		}
	}
	return errors.Join(errs...)
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.") || strings.HasSuffix(host, ".localhost")
}
