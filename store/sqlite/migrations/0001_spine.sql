-- Times are Unix milliseconds; 0 is "never", "not yet" or "open". Ids are 60-bit numbers; their text form is in id.go.
-- 0 as an account is nobody: the operator or the system.

-- +goose Up

-- The ledger: one row for each person shown once to one account. Never updated; dropped, oldest first, by retention.
CREATE TABLE disclosure (
    seq         INTEGER PRIMARY KEY, -- 1, 2, 3… without gaps: the row seq is the leaf seq-1 of the log
    at          INTEGER NOT NULL,
    account     INTEGER NOT NULL,    -- who was shown
    structure   TEXT NOT NULL,       -- the account's structure at that moment
    tool        TEXT NOT NULL,
    operation   TEXT NOT NULL,
    person      TEXT NOT NULL,       -- who was shown to them
    fields      INTEGER NOT NULL,    -- a bit for each category, in the order of fields.go
    explanation TEXT NOT NULL,       -- why they met
    session     INTEGER NOT NULL,
    request     TEXT NOT NULL,
    nonce       BLOB NOT NULL,       -- the key of the leaf's commitment
    filed       INTEGER NOT NULL DEFAULT 0 CHECK (filed IN (0, 1)) -- which index has the row; no fact of the ledger
) STRICT;

-- The roll's index, which holds all that the roll reads, comes after: a commit maintains the small index of the fresh rows, a
-- few pages, rather than a page of the large one for each account; every 1024 rows the small one is emptied into the large one.
CREATE INDEX disclosure_filed ON disclosure (account, at, person, fields, explanation, tool) WHERE filed = 1;
CREATE INDEX disclosure_fresh ON disclosure (account, at) WHERE filed = 0;

-- One row, through which every commit passes.
CREATE TABLE gate (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    fence     INTEGER NOT NULL, -- grows with every change of a fact that disclosures are decided on
    next_seq  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL, -- the clock may not go behind it
    opened_at INTEGER NOT NULL, -- the first row's time
    kept_at   INTEGER NOT NULL  -- retention dropped the rows before it
) STRICT;
INSERT INTO gate VALUES (1, 1, 1, 0, 0, 0);

-- Tallies of accounts (a:), lineages (l:), structures (s:) and sessions (t:). A session without one is over.
CREATE TABLE counter (
    subject TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    tally   BLOB NOT NULL,
    born    INTEGER NOT NULL DEFAULT 1 REFERENCES gate (one) -- see storeCounters
) STRICT, WITHOUT ROWID;

-- Requests for a person that were not granted.
CREATE TABLE refusal (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    account   INTEGER NOT NULL,
    session   INTEGER NOT NULL,
    tool      TEXT NOT NULL,
    operation TEXT NOT NULL,
    person    TEXT NOT NULL, -- empty: refused before any person was known
    reason    TEXT NOT NULL,
    request   TEXT NOT NULL
) STRICT;

CREATE TABLE alarm (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    account     INTEGER NOT NULL,
    lineage     INTEGER NOT NULL,
    structure   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    level       TEXT NOT NULL,
    statistic   REAL NOT NULL,
    persons     INTEGER NOT NULL,
    unexplained INTEGER NOT NULL,
    request     TEXT NOT NULL
) STRICT;

CREATE TABLE structure (
    id         TEXT PRIMARY KEY,
    siret      TEXT NOT NULL,
    label      TEXT NOT NULL,
    network    TEXT NOT NULL,
    area       TEXT NOT NULL,
    commune    TEXT NOT NULL,
    median_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id              INTEGER PRIMARY KEY,
    structure       TEXT NOT NULL REFERENCES structure (id),
    name            TEXT NOT NULL,
    email           TEXT NOT NULL,
    idp             TEXT NOT NULL,    -- with sub: the identity it is bound to; both empty until enrolment
    sub             TEXT NOT NULL,
    roles           INTEGER NOT NULL, -- a bit for each role, in the order of directory/account.go
    state           INTEGER NOT NULL, -- 0 pending, 1 active, 2 suspended, 3 closed
    created         INTEGER NOT NULL,
    created_by      INTEGER NOT NULL,
    approved_by     INTEGER NOT NULL,
    reenrolled_by   INTEGER NOT NULL,
    lineage         INTEGER NOT NULL,
    probation_until INTEGER NOT NULL,
    awareness_until INTEGER NOT NULL,
    managers_until  INTEGER NOT NULL,
    suspended_at    INTEGER NOT NULL,
    suspended_by    INTEGER NOT NULL,
    suspended_in    INTEGER NOT NULL,
    reason          TEXT NOT NULL,
    last_seen       INTEGER NOT NULL,
    version         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_binding ON account (idp, sub) WHERE sub <> '';
CREATE INDEX account_structure ON account (structure, id);
CREATE INDEX account_email ON account (email COLLATE NOCASE);
CREATE INDEX account_created_by ON account (created_by);
CREATE INDEX account_approved_by ON account (approved_by);

-- The imported caseload: which account accompanies, or meets, which person.
CREATE TABLE assignment (
    account INTEGER NOT NULL,
    person  TEXT NOT NULL,
    means   TEXT NOT NULL, -- caseload or appointment
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (account, person, means, since)
) STRICT, WITHOUT ROWID;

CREATE TABLE proposal (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    structure  TEXT NOT NULL REFERENCES structure (id),
    account    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    roles      INTEGER NOT NULL,
    made_by    INTEGER NOT NULL,
    made       INTEGER NOT NULL,
    session    INTEGER NOT NULL,
    state      TEXT NOT NULL,
    decided_by INTEGER NOT NULL,
    decided    INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    version    INTEGER NOT NULL
) STRICT;
CREATE INDEX proposal_maker ON proposal (made_by, made);
CREATE INDEX proposal_decider ON proposal (decided_by);
CREATE INDEX proposal_structure ON proposal (structure, made);

-- Enrolment codes, by their digest. A code dies when it is used, replaced or cut.
CREATE TABLE enrolment (
    digest  BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    made_by INTEGER NOT NULL,
    made    INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('open', 'used', 'replaced', 'cut'))
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolment_account ON enrolment (account);
CREATE INDEX enrolment_maker ON enrolment (made_by);

CREATE TABLE cover (
    id          INTEGER PRIMARY KEY,
    for_account INTEGER NOT NULL REFERENCES account (id),
    of_account  INTEGER NOT NULL REFERENCES account (id),
    made_by     INTEGER NOT NULL,
    made        INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    until       INTEGER NOT NULL
) STRICT;
CREATE INDEX cover_for ON cover (for_account);

CREATE TABLE event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    code    TEXT NOT NULL,
    actor   INTEGER NOT NULL,
    account INTEGER NOT NULL,
    session INTEGER NOT NULL,
    act     INTEGER NOT NULL,
    detail  TEXT NOT NULL -- a JSON object of texts
) STRICT;

CREATE TABLE flow (
    state    BLOB PRIMARY KEY,
    browser  BLOB NOT NULL,
    nonce    TEXT NOT NULL,
    verifier TEXT NOT NULL,
    return   TEXT NOT NULL,
    made     INTEGER NOT NULL,
    expires  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id         INTEGER PRIMARY KEY,
    token      BLOB NOT NULL UNIQUE, -- SHA-256 of the cookie
    account    INTEGER NOT NULL,     -- 0: an identity without habilitation
    idp        TEXT NOT NULL,
    sub        TEXT NOT NULL,
    id_token   TEXT NOT NULL,
    acr        TEXT NOT NULL,
    amr        TEXT NOT NULL, -- a JSON array of texts
    auth       INTEGER NOT NULL,
    passkey_at INTEGER NOT NULL,
    passkey    BLOB NOT NULL,
    network    TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    opened     INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    revoked    INTEGER NOT NULL,
    reason     TEXT NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account);

CREATE TABLE passkey (
    id         BLOB PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    name       TEXT NOT NULL,
    credential TEXT NOT NULL, -- JSON
    counter    INTEGER NOT NULL,
    flags      INTEGER NOT NULL, -- of the last use
    cloned     INTEGER NOT NULL,
    made       INTEGER NOT NULL,
    made_in    INTEGER NOT NULL,
    last_used  INTEGER NOT NULL,
    revoked    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_account ON passkey (account);

CREATE TABLE act (
    id        INTEGER PRIMARY KEY,
    session   INTEGER NOT NULL,
    account   INTEGER NOT NULL,
    verb      TEXT NOT NULL,
    subject   TEXT NOT NULL, -- JSON
    challenge BLOB NOT NULL,
    made      INTEGER NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;

CREATE TABLE failure (
    key TEXT NOT NULL,
    at  INTEGER NOT NULL
) STRICT;
CREATE INDEX failure_key ON failure (key, at);

CREATE TABLE cut (
    id        INTEGER PRIMARY KEY,
    root      INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    made_by   INTEGER NOT NULL,
    alarm     INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    fence     INTEGER NOT NULL,
    accounts  INTEGER NOT NULL, -- how many it ended
    sessions  INTEGER NOT NULL,
    proposals INTEGER NOT NULL,
    codes     INTEGER NOT NULL,
    undo_ask  INTEGER NOT NULL, -- the first of the two who undo
    undo_at   INTEGER NOT NULL, -- when they asked
    undone_by INTEGER NOT NULL,
    undone    INTEGER NOT NULL
) STRICT;

-- The accounts of a cut, with what an undo gives back.
CREATE TABLE cut_account (
    cut          INTEGER NOT NULL REFERENCES cut (id),
    account      INTEGER NOT NULL REFERENCES account (id),
    place        INTEGER NOT NULL, -- its place in the cut's list
    suspended    INTEGER NOT NULL, -- 0: it was closed already
    state        INTEGER NOT NULL, -- as it was before
    suspended_at INTEGER NOT NULL,
    suspended_by INTEGER NOT NULL,
    suspended_in INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    PRIMARY KEY (cut, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX cut_account_account ON cut_account (account);

-- How far the ledger is sealed: one row.
CREATE TABLE seal_mark (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    seq        INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    checkpoint BLOB NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
