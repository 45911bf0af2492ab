package config

import (
	"time"
)

// ConsoleConfig is where the console answers, and how it looks.
type Console struct {
	Listen    string `yaml:"listen"`
	URL       string `yaml:"url"`
	Operator  string `yaml:"operator"`
	ThemeFile string `yaml:"theme_file"`
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
