package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
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
		return fmt.Errorf("clock_gain: %v: 20s to 1h; less is normal drift, more opens the next day's caps", g)
	}
	return nil
}

// maxListLines bounds a list of colleagues: an approver reads every line.
const maxListLines = 200

// checkLists refuses settings that would make a list a way around the rules for one newcomer.
func (p Policy) checkLists(probationDays int) (wrong []error) {
	if p.ListLines < 0 || p.ListLines > maxListLines {
		wrong = append(wrong, fmt.Errorf("list_lines: %d: 1 to %d, since an approver reads every line", p.ListLines, maxListLines))
	}
	if p.ListProbationDays != 0 && p.ListProbationDays < probationDays {
		wrong = append(wrong, fmt.Errorf("list_probation_days: %d: at least %d, as for everybody (policy.probation_days)", p.ListProbationDays, probationDays))
	}
	if p.ListEveryDays < 0 {
		wrong = append(wrong, fmt.Errorf("list_every_days: %d: want a number of days", p.ListEveryDays))
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
		wrong("policy.training_pass_mark: %d: want 0 to 100 per cent", p)
	}
	for _, err := range c.Policy.checkLists(c.ApprovalSettings().Effective().ProbationDays) {
		wrong("policy.%v", err)
	}
	checkURL := func(where, s string) {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			wrong("%s: %q is not an http or https URL", where, s)
		} else if u.Scheme == "http" && !isLoopback(u.Hostname()) {
			wrong("%s: %q must be https: plain http is for addresses of this machine", where, s)
		}
	}
	checkURL("console.url", c.Console.URL)
	if _, err := c.Theme(); err != nil {
		wrong("%v", err)
	}
	if (len(c.Passkeys.AllowAAGUIDs) > 0) != (c.Passkeys.AttestationRootsFile != "") {
		wrong("passkeys: allow_aaguids and attestation_roots_file go together: without the maker's certificate any program can claim to be a listed model")
	}
	if c.Intake.URL != "" {
		checkURL("intake.url", c.Intake.URL)
	}
	if c.Federation.Issuer != "" {
		checkURL("federation.issuer", c.Federation.Issuer)
		if c.Federation.ClientID == "" || c.Federation.ClientSecretFile == "" {
			wrong("federation: client_id and client_secret_file: required with issuer")
		}
	}
	names := map[string]bool{}
	for i, t := range c.Tools {
		at := fmt.Sprintf("tools[%q]", cmp.Or(t.Name, strconv.Itoa(i)))
		if t.Name == "" || names[t.Name] {
			wrong("%s.name: missing or used twice", at)
		}
		names[t.Name] = true
		if t.Listen == "" {
			wrong("%s.listen: required", at)
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
