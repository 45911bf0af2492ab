-- Times are exact to the millisecond; NULL is "never", "not yet" or "open". Ids are 60-bit numbers; their text form is in
-- id.go. 0 as an account is nobody: the operator or the system.
--
-- Order of locks, so that nobody waits in a circle: the gate's row, then anything else. The exceptions touch one row, or rows
-- that nobody locks who holds the gate.

-- +goose Up

-- The ledger: one row for each person shown once to one account. Never updated; one partition a month (UTC), dropped by
-- retention. Seq is unique because it comes from the gate; a partition cannot say so for all.
CREATE TABLE disclosure (
    seq         bigint NOT NULL, -- 1, 2, 3… without gaps: the row seq is the leaf seq-1 of the log
    at          timestamptz NOT NULL,
    account     bigint NOT NULL, -- who was shown
    structure   text NOT NULL,   -- the account's structure at that moment
    tool        text NOT NULL,
    operation   text NOT NULL,
    person      text NOT NULL,   -- who was shown to them
    fields      bigint NOT NULL, -- a bit for each category, in the order of fields.go
    explanation text NOT NULL,   -- why they met
    session     bigint NOT NULL,
    request     text NOT NULL,
    nonce       bytea NOT NULL,  -- the key of the leaf's commitment
    PRIMARY KEY (seq, at)
) PARTITION BY RANGE (at);

-- The index holds all that the exposure roll reads.
CREATE INDEX disclosure_roll ON disclosure (account, at) INCLUDE (person, fields, explanation, tool);
CREATE INDEX disclosure_at ON disclosure USING brin (at);

-- One row, through which every commit of every replica passes, one after the other.
CREATE TABLE gate (
    one       int PRIMARY KEY CHECK (one = 1),
    fence     bigint NOT NULL, -- grows with every change of a fact that disclosures are decided on
    next_seq  bigint NOT NULL,
    last_at   timestamptz,     -- the clock may not go behind it
    opened_at timestamptz,     -- the first row's time
    kept_at   timestamptz      -- retention dropped the rows before it
) WITH (fillfactor = 10);      -- updated by every commit: room on its page keeps it there
INSERT INTO gate (one, fence, next_seq) VALUES (1, 1, 1);

-- The last number of the event journal, so that numbers follow the order of commits.
CREATE TABLE journal (
    one  int PRIMARY KEY CHECK (one = 1),
    last bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO journal VALUES (1, 0);

-- Tallies of accounts (a:), lineages (l:), structures (s:) and sessions (t:). A session without one is over.
CREATE TABLE counter (
    subject text PRIMARY KEY,
    version bigint NOT NULL,
    tally   bytea NOT NULL
) WITH (fillfactor = 50); -- updated in place: no index holds what changes

-- Requests for a person that were not granted.
CREATE TABLE refusal (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    account   bigint NOT NULL,
    session   bigint NOT NULL,
    tool      text NOT NULL,
    operation text NOT NULL,
    person    text NOT NULL, -- empty: refused before any person was known
    reason    text NOT NULL,
    request   text NOT NULL
);

CREATE TABLE alarm (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    account     bigint NOT NULL,
    lineage     bigint NOT NULL,
    structure   text NOT NULL,
    subject     text NOT NULL,
    level       text NOT NULL,
    statistic   double precision NOT NULL,
    persons     int NOT NULL,
    unexplained int NOT NULL,
    request     text NOT NULL
);

CREATE TABLE structure (
    id         text PRIMARY KEY,
    siret      text NOT NULL,
    label      text NOT NULL,
    network    text NOT NULL,
    area       text NOT NULL,
    commune    text NOT NULL,
    median_day int NOT NULL
);

CREATE TABLE account (
    id              bigint PRIMARY KEY,
    structure       text NOT NULL REFERENCES structure (id),
    name            text NOT NULL,
    email           text NOT NULL,
    idp             text NOT NULL,    -- with sub: the identity it is bound to; both empty until enrolment
    sub             text NOT NULL,
    roles           bigint NOT NULL, -- a bit for each role, in the order of directory/account.go
    state           int NOT NULL, -- 0 pending, 1 active, 2 suspended, 3 closed
    created         timestamptz,
    created_by      bigint NOT NULL,
    approved_by     bigint NOT NULL,
    reenrolled_by   bigint NOT NULL,
    lineage         bigint NOT NULL,
    probation_until timestamptz,
    awareness_until timestamptz,
    managers_until  timestamptz,
    suspended_at    timestamptz,
    suspended_by    bigint NOT NULL,
    suspended_in    bigint NOT NULL,
    reason          text NOT NULL,
    last_seen       timestamptz,
    version         bigint NOT NULL
);
CREATE UNIQUE INDEX account_binding ON account (idp, sub) WHERE sub <> '';
CREATE INDEX account_structure ON account (structure, id);
CREATE INDEX account_email ON account (lower(email));
CREATE INDEX account_created_by ON account (created_by);
CREATE INDEX account_approved_by ON account (approved_by);

-- The imported caseload: which account accompanies, or meets, which person.
CREATE TABLE assignment (
    account bigint NOT NULL,
    person  text NOT NULL,
    means   text NOT NULL, -- caseload or appointment
    since   timestamptz NOT NULL,
    until   timestamptz,
    PRIMARY KEY (account, person, means, since)
);

CREATE TABLE proposal (
    id         bigint PRIMARY KEY,
    kind       text NOT NULL,
    structure  text NOT NULL REFERENCES structure (id),
    account    bigint NOT NULL,
    name       text NOT NULL,
    email      text NOT NULL,
    roles      bigint NOT NULL,
    made_by    bigint NOT NULL,
    made       timestamptz,
    session    bigint NOT NULL,
    state      text NOT NULL,
    decided_by bigint NOT NULL,
    decided    timestamptz,
    reason     text NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX proposal_maker ON proposal (made_by, made);
CREATE INDEX proposal_decider ON proposal (decided_by);
CREATE INDEX proposal_structure ON proposal (structure, made);

-- Enrolment codes, by their digest. A code dies when it is used, replaced or cut.
CREATE TABLE enrolment (
    digest  bytea PRIMARY KEY,
    account bigint NOT NULL REFERENCES account (id),
    made_by bigint NOT NULL,
    made    timestamptz,
    expires timestamptz,
    state   text NOT NULL CHECK (state IN ('open', 'used', 'replaced', 'cut'))
);
CREATE INDEX enrolment_account ON enrolment (account);
CREATE INDEX enrolment_maker ON enrolment (made_by);

CREATE TABLE cover (
    id          bigint PRIMARY KEY,
    for_account bigint NOT NULL REFERENCES account (id),
    of_account  bigint NOT NULL REFERENCES account (id),
    made_by     bigint NOT NULL,
    made        timestamptz,
    since       timestamptz,
    until       timestamptz
);
CREATE INDEX cover_for ON cover (for_account);

CREATE TABLE event (
    seq     bigint PRIMARY KEY,
    at      timestamptz NOT NULL,
    code    text NOT NULL,
    actor   bigint NOT NULL,
    account bigint NOT NULL,
    session bigint NOT NULL,
    act     bigint NOT NULL,
    detail  jsonb NOT NULL -- an object of texts
);

CREATE TABLE flow (
    state    bytea PRIMARY KEY,
    browser  bytea NOT NULL,
    nonce    text NOT NULL,
    verifier text NOT NULL,
    return   text NOT NULL,
    made     timestamptz,
    expires  timestamptz
);

CREATE TABLE session (
    id         bigint PRIMARY KEY,
    token      bytea NOT NULL UNIQUE, -- SHA-256 of the cookie
    account    bigint NOT NULL,     -- 0: an identity without habilitation
    idp        text NOT NULL,
    sub        text NOT NULL,
    id_token   text NOT NULL,
    acr        text NOT NULL,
    amr        text[] NOT NULL,
    auth       timestamptz,
    passkey_at timestamptz,
    passkey    bytea NOT NULL,
    network    text NOT NULL,
    user_agent text NOT NULL,
    opened     timestamptz,
    last_seen  timestamptz,
    expires    timestamptz,
    version    bigint NOT NULL,
    revoked    timestamptz, -- NULL: live
    reason     text NOT NULL
);
CREATE INDEX session_account ON session (account);

CREATE TABLE passkey (
    id         bytea PRIMARY KEY,
    account    bigint NOT NULL REFERENCES account (id),
    name       text NOT NULL,
    credential text NOT NULL, -- JSON, byte for byte
    counter    bigint NOT NULL,
    flags      int NOT NULL, -- of the last use
    cloned     boolean NOT NULL,
    made       timestamptz,
    made_in    bigint NOT NULL,
    last_used  timestamptz,
    revoked    timestamptz
);
CREATE INDEX passkey_account ON passkey (account);

CREATE TABLE act (
    id        bigint PRIMARY KEY,
    session   bigint NOT NULL,
    account   bigint NOT NULL,
    verb      text NOT NULL,
    subject   text NOT NULL, -- JSON, byte for byte
    challenge bytea NOT NULL,
    made      timestamptz,
    expires   timestamptz
);

CREATE TABLE failure (
    key text NOT NULL,
    at  timestamptz NOT NULL
);
CREATE INDEX failure_key ON failure (key, at);

CREATE TABLE cut (
    id        bigint PRIMARY KEY,
    root      bigint NOT NULL,
    since     timestamptz,
    at        timestamptz,
    made_by   bigint NOT NULL,
    alarm     bigint NOT NULL,
    reason    text NOT NULL,
    fence     bigint NOT NULL,
    accounts  int NOT NULL, -- how many it ended
    sessions  int NOT NULL,
    proposals int NOT NULL,
    codes     int NOT NULL,
    undo_ask  bigint NOT NULL, -- the first of the two who undo
    undo_at   timestamptz, -- when they asked
    undone_by bigint NOT NULL,
    undone    timestamptz
);

-- The accounts of a cut, with what an undo gives back.
CREATE TABLE cut_account (
    cut          bigint NOT NULL REFERENCES cut (id),
    account      bigint NOT NULL REFERENCES account (id),
    place        int NOT NULL, -- its place in the cut's list
    suspended    boolean NOT NULL, -- false: it was closed already
    state        int NOT NULL, -- as it was before
    suspended_at timestamptz,
    suspended_by bigint NOT NULL,
    suspended_in bigint NOT NULL,
    reason       text NOT NULL,
    PRIMARY KEY (cut, account)
);
CREATE INDEX cut_account_account ON cut_account (account);

-- How far the ledger is sealed: one row.
CREATE TABLE seal_mark (
    one        int PRIMARY KEY CHECK (one = 1),
    seq        bigint NOT NULL,
    size       bigint NOT NULL,
    checkpoint bytea NOT NULL,
    at         timestamptz
);

CREATE TABLE lease (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    until  timestamptz NOT NULL
);

CREATE TABLE cursor (
    name text PRIMARY KEY,
    at   bigint NOT NULL
);
