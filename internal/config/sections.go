package config

import (
	"time"
)

// Console is where the console answers, and how it looks.
type Console struct {
	Listen    string `yaml:"listen" since:"0.1"`
	URL       string `yaml:"url" since:"0.1"`
	Operator  string `yaml:"operator" since:"0.1"`
	ThemeFile string `yaml:"theme_file" since:"0.1"`
}

// Operations is where /metrics, /healthz and /readyz answer; never on the public address.
type Operations struct {
	Listen string `yaml:"listen" since:"0.1"`
}

// Store names one engine.
type Store struct {
	SQLite          string `yaml:"sqlite" since:"0.1"`
	PostgresURLFile string `yaml:"postgres_url_file" since:"0.1"`
}

// Ledger is the transparency log.
type Ledger struct {
	Directory       string `yaml:"directory" since:"0.1"`
	Origin          string `yaml:"origin" since:"0.1"`
	KeyFile         string `yaml:"key_file" since:"0.1"`
	RetentionMonths int    `yaml:"retention_months" unit:"months" since:"0.1"`
	// ClockGain is how far the clock may leap forward before nothing is disclosed until somebody confirms it.
	ClockGain time.Duration `yaml:"clock_gain" since:"0.1"`
}

// Assertion is the key that signs, for the tools, who asks. Replicas share it.
type Assertion struct {
	KeyFile string `yaml:"key_file" since:"0.1"`
}

// Federation is the OpenID provider, as ProConnect.
type Federation struct {
	Issuer           string            `yaml:"issuer" since:"0.1"`
	ClientID         string            `yaml:"client_id" since:"0.1"`
	ClientSecretFile string            `yaml:"client_secret_file" since:"0.1"`
	WithoutPKCE      bool              `yaml:"without_pkce" since:"0.1"`
	Trust            []TrustedProvider `yaml:"trust" since:"0.1"`
}

// TrustedProvider is an identity provider whose word about a phishing-resistant factor is believed.
type TrustedProvider struct {
	IdP   string `yaml:"idp"`
	Label string `yaml:"label"`
}

// Passkeys is the WebAuthn relying party.
type Passkeys struct {
	RPID string `yaml:"rp_id" since:"0.1"`
	Name string `yaml:"name" since:"0.1"`
	// AllowAAGUIDs are the models of security keys in which alone a passkey may be made; AttestationRootsFile holds the
	// root certificates of their makers (PEM), which vouch for them. Both or neither.
	AllowAAGUIDs         []string `yaml:"allow_aaguids" since:"0.1"`
	AttestationRootsFile string   `yaml:"attestation_roots_file" since:"0.1"`
}

// Sessions bounds a session.
type Sessions struct {
	Absolute time.Duration `yaml:"absolute" since:"0.1"`
	Idle     time.Duration `yaml:"idle" since:"0.1"`
}

// Policy is design.md §6 in one block.
type Policy struct {
	AccountPerDay   int `yaml:"account_per_day" unit:"persons_day" since:"0.1"`
	ProbationPerDay int `yaml:"probation_per_day" unit:"persons_day" since:"0.1"`
	LineagePerDay   int `yaml:"lineage_per_day" unit:"persons_day" since:"0.1"`
	StructureFactor int `yaml:"structure_factor" unit:"times_median" since:"0.1"`
	StructureFloor  int `yaml:"structure_floor" unit:"persons_day" since:"0.1"`
	Presence        int `yaml:"presence" unit:"persons" since:"0.1"`
	ListRows        int `yaml:"list_rows" unit:"rows" since:"0.1"`

	UnexplainedShare float64 `yaml:"unexplained_share" unit:"share" since:"0.1"`
	SoftLevel        float64 `yaml:"soft_level" unit:"level" since:"0.1"`
	HardLevel        float64 `yaml:"hard_level" unit:"level" since:"0.1"`

	ProbationDays        int `yaml:"probation_days" unit:"working_days" since:"0.1"`
	ProposalsPerManager  int `yaml:"proposals_per_manager" unit:"per_day" since:"0.1"`
	ProposalsPerSite     int `yaml:"proposals_per_structure" unit:"per_day" since:"0.1"`
	LeaversPerSite       int `yaml:"leavers_per_structure" unit:"per_day" since:"0.1"`
	LeaversPerSource     int `yaml:"leavers_per_machine" unit:"per_day" since:"0.1"`
	AwarenessMonths      int `yaml:"awareness_months" unit:"months" since:"0.1"`
	ManagersCourseMonths int `yaml:"managers_course_months" unit:"months" since:"0.1"`
	DormantDays          int `yaml:"dormant_days" unit:"days" since:"0.1"`
	ReviewMonths         int `yaml:"review_months" unit:"months" since:"0.1"`
	ReviewDays           int `yaml:"review_days" unit:"days" since:"0.1"`
	ListLines            int `yaml:"list_lines" unit:"rows" since:"0.1"`
	ListProbationDays    int `yaml:"list_probation_days" unit:"working_days" since:"0.1"`
	ListEveryDays        int `yaml:"list_every_days" unit:"days" since:"0.1"`

	TrainingPassMark int           `yaml:"training_pass_mark" unit:"percent" since:"0.1"` // per cent
	TrainingPerDay   int           `yaml:"training_attempts_per_day" unit:"per_day" since:"0.1"`
	TrainingSkew     time.Duration `yaml:"training_clock_skew" since:"0.1"` // of a training platform's clock

	ManualContainment bool `yaml:"manual_containment" since:"0.1"`
}
