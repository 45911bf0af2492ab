package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"cloison"
	"cloison/console"
	"cloison/internal/suggest"
	"cloison/wall/mapping"
)

// Config is the one YAML file. Every key may be left out: the zero value is the safe one, and defaults() says what it
// means. Secrets are never in the file: a key that ends in _file names a file that holds one.
type Config struct {
	Console    Console    `yaml:"console"`
	Operations Operations `yaml:"operations"`
	Store      Store      `yaml:"store"`
	Ledger     Ledger     `yaml:"ledger"`
	Assertion  Assertion  `yaml:"assertion"`
	Federation Federation `yaml:"federation"`
	Passkeys   Passkeys   `yaml:"passkeys"`
	Sessions   Sessions   `yaml:"sessions"`
	Policy     Policy     `yaml:"policy"`
	Mail       Mail       `yaml:"mail"`
	Intake     Intake     `yaml:"intake"`
	Desk       Desk       `yaml:"desk"`
	Timezone   string     `yaml:"timezone"`
	// TrustedProxies are the networks of the TLS proxies in front: the client's address is then the last one of
	// X-Forwarded-For that is not in them. Without any, it is the TCP peer's.
	TrustedProxies []string       `yaml:"trusted_proxies"`
	Tools          []mapping.Tool `yaml:"tools"`

	dir   string         // of the file: relative paths start here
	file  string         // its name
	lines map[string]int // where it has which key
}

// ConsoleConfig is where the console answers, and how it looks.
type Console struct {
	Listen    string `yaml:"listen"`
	URL       string `yaml:"url"`
	Operator  string `yaml:"operator"`
	ThemeFile string `yaml:"theme_file"`
}

// theme reads the operator's style sheet, if there is one.
func (c *Config) Theme() ([]byte, error) {
	if c.Console.ThemeFile == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.Path(c.Console.ThemeFile))
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "console.theme_file: %w", err)
	}
	if err := console.CheckTheme(b); err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "console.theme_file: %w", err)
	}
	return b, nil
}

// OperationsConfig is where /metrics, /healthz and /readyz answer; never on the public address.
type Operations struct {
	Listen string `yaml:"listen"`
}

// StoreConfig names one engine.
type Store struct {
	SQLite          string `yaml:"sqlite"`
	PostgresURLFile string `yaml:"postgres_url_file"`
}

// LedgerConfig is the transparency log.
type Ledger struct {
	Directory string `yaml:"directory"`
	Origin    string `yaml:"origin"`
	KeyFile   string `yaml:"key_file"`
	// RetentionMonths is how long rows are kept; 0: twelve months.
	RetentionMonths int `yaml:"retention_months"`
	// ClockGain is how far the clock may leap forward before nothing is disclosed until somebody confirms it; 0: a
	// minute.
	ClockGain time.Duration `yaml:"clock_gain"`
}

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

// AssertionConfig is the key that signs, for the tools, who asks. Replicas share it.
type Assertion struct {
	KeyFile string `yaml:"key_file"`
}

// FederationConfig is the OpenID provider, as ProConnect.
type Federation struct {
	Issuer           string            `yaml:"issuer"`
	ClientID         string            `yaml:"client_id"`
	ClientSecretFile string            `yaml:"client_secret_file"`
	WithoutPKCE      bool              `yaml:"without_pkce"`
	Trust            []TrustedProvider `yaml:"trust"`
}

// IdPConfig says that this identity provider's word about a phishing-resistant factor is believed.
type TrustedProvider struct {
	IdP   string `yaml:"idp"`
	Label string `yaml:"label"`
}

// PasskeyConfig is the WebAuthn relying party.
type Passkeys struct {
	RPID string `yaml:"rp_id"`
	Name string `yaml:"name"`
	// AllowAAGUIDs are the models of security keys in which alone a passkey may be made; AttestationRootsFile holds the
	// root certificates of their makers (PEM), which vouch for them. Both or neither.
	AllowAAGUIDs         []string `yaml:"allow_aaguids"`
	AttestationRootsFile string   `yaml:"attestation_roots_file"`
}

// SessionConfig bounds a session.
type Sessions struct {
	Absolute time.Duration `yaml:"absolute"`
	Idle     time.Duration `yaml:"idle"`
}

// PolicyConfig is design.md §6 in one block.
type Policy struct {
	AccountPerDay   int `yaml:"account_per_day"`
	ProbationPerDay int `yaml:"probation_per_day"`
	LineagePerDay   int `yaml:"lineage_per_day"`
	StructureFactor int `yaml:"structure_factor"`
	StructureFloor  int `yaml:"structure_floor"`
	Presence        int `yaml:"presence"`
	ListRows        int `yaml:"list_rows"`

	UnexplainedShare float64 `yaml:"unexplained_share"`
	SoftLevel        float64 `yaml:"soft_level"`
	HardLevel        float64 `yaml:"hard_level"`

	ProbationDays        int `yaml:"probation_days"`
	ProposalsPerManager  int `yaml:"proposals_per_manager"`
	ProposalsPerSite     int `yaml:"proposals_per_structure"`
	LeaversPerSite       int `yaml:"leavers_per_structure"`
	LeaversPerSource     int `yaml:"leavers_per_machine"`
	AwarenessMonths      int `yaml:"awareness_months"`
	ManagersCourseMonths int `yaml:"managers_course_months"`
	DormantDays          int `yaml:"dormant_days"`
	ReviewMonths         int `yaml:"review_months"`
	ReviewDays           int `yaml:"review_days"`
	ListLines            int `yaml:"list_lines"`
	ListProbationDays    int `yaml:"list_probation_days"`
	ListEveryDays        int `yaml:"list_every_days"`

	TrainingPassMark int           `yaml:"training_pass_mark"` // per cent
	TrainingPerDay   int           `yaml:"training_attempts_per_day"`
	TrainingSkew     time.Duration `yaml:"training_clock_skew"` // of a training platform's clock

	ManualContainment bool `yaml:"manual_containment"`
}

// LoadConfig reads the file; without one (path empty and no cloison.yaml here) the embedded defaults hold.
func Load(path string) (*Config, error) {
	asked := path != ""
	if !asked {
		path = "cloison.yaml"
	}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !asked:
		b, path = nil, "."
	case err != nil:
		return nil, cloison.Errorf(cloison.Invalid, "config: %w", err)
	}
	c, err := Parse(b)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "%s: %w", path, err)
	}
	c.dir, c.file, c.lines = filepath.Dir(path), filepath.Base(path), keyLines(b)
	return c, nil
}

// ParseConfig reads YAML, refuses unknown keys with the nearest right one, fills defaults and checks.
func Parse(b []byte) (*Config, error) {
	c := &Config{}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(c); err != nil && len(bytes.TrimSpace(b)) > 0 {
		said := errors.New(yaml.FormatError(err, false, false)) // without the lines around: one may hold a secret
		var unknown *yaml.UnknownFieldError
		if errors.As(err, &unknown) {
			word := unknown.GetToken().Value
			if hint := secretInClear(word); hint != "" {
				return nil, fmt.Errorf("%w\n%s", said, hint)
			}
			if near := suggest.Word(word, configKeys(reflect.TypeFor[Config]())); near != "" {
				return nil, fmt.Errorf("%w\ndid you mean %q?", said, near)
			}
		}
		return nil, said
	}
	c.defaults()
	return c, c.check()
}

// secretInClear recognises the keys by which people put secrets into a file.
func secretInClear(word string) string {
	for _, s := range []string{"secret", "password", "url", "key", "token"} {
		if strings.HasSuffix(word, s) {
			return fmt.Sprintf("secrets do not belong in this file: put it into a file of its own, readable by Cloison alone, and name that with %s_file",
				strings.TrimSuffix(word, "_file"))
		}
	}
	return ""
}

func configKeys(t reflect.Type) []string {
	var keys []string
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != "" {
			keys = append(append(keys, tag), configKeys(t.Field(i).Type)...)
		}
	}
	return keys
}

func orElse[T comparable](v *T, otherwise T) {
	if *v == *new(T) {
		*v = otherwise
	}
}

func (c *Config) defaults() {
	orElse(&c.Console.Listen, "127.0.0.1:8080")
	orElse(&c.Console.URL, "http://localhost:8080")
	orElse(&c.Operations.Listen, "127.0.0.1:9464")
	if c.Store.PostgresURLFile == "" {
		orElse(&c.Store.SQLite, "cloison.db")
	}
	orElse(&c.Ledger.Directory, "log")
	orElse(&c.Ledger.Origin, "cloison.invalid/ledger")
	orElse(&c.Ledger.KeyFile, "ledger.key")
	orElse(&c.Assertion.KeyFile, "assertion.key")
	orElse(&c.Desk.KeyFile, "desk.key")
	orElse(&c.Passkeys.RPID, "localhost")
	orElse(&c.Passkeys.Name, "Cloison")
	orElse(&c.Sessions.Absolute, 4*time.Hour)
	orElse(&c.Sessions.Idle, 30*time.Minute)
	orElse(&c.Timezone, "Europe/Paris")
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
	for _, err := range c.Policy.checkLists(c.DirectorySettings().Effective().ProbationDays) {
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

// path makes a path of the file relative to the file.
func (c *Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// secret reads a secret's file, which nobody else may read.
func (c *Config) Secret(p string) (cloison.Secret, error) {
	name := c.Path(p)
	info, err := os.Stat(name)
	if err != nil {
		return "", cloison.Errorf(cloison.Invalid, "secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", cloison.Errorf(cloison.Invalid, "secret: %s can be read by others (mode %o): run chmod 600 on it", name, info.Mode().Perm())
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", cloison.Errorf(cloison.Invalid, "secret: %w", err)
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", cloison.Errorf(cloison.Invalid, "secret: %s is empty", name)
	}
	return cloison.Secret(s), nil
}
