-- +goose Up

-- The review of a structure's accounts, and what was answered for each.
CREATE TABLE review (
    id        INTEGER PRIMARY KEY,
    structure TEXT NOT NULL REFERENCES structure (id),
    opened    INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    reminded  INTEGER NOT NULL DEFAULT 0,
    closed    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX review_open ON review (structure) WHERE closed = 0;
CREATE INDEX review_structure ON review (structure, opened);

CREATE TABLE review_line (
    review  INTEGER NOT NULL REFERENCES review (id),
    account INTEGER NOT NULL REFERENCES account (id),
    verdict TEXT NOT NULL, -- empty: nobody has answered
    at      INTEGER NOT NULL,
    made_by INTEGER NOT NULL,
    PRIMARY KEY (review, account)
) STRICT, WITHOUT ROWID;

-- What the last sweep's clock said: one row.
CREATE TABLE sweep (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
INSERT INTO sweep VALUES (1, 0);

CREATE INDEX account_idle ON account (max(last_seen, created)) WHERE state = 1;

CREATE TABLE duty (
    id        INTEGER PRIMARY KEY,
    account   INTEGER NOT NULL REFERENCES account (id),
    structure TEXT NOT NULL REFERENCES structure (id),
    made_by   INTEGER NOT NULL,
    made      INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    until     INTEGER NOT NULL
) STRICT;
CREATE INDEX duty_account ON duty (account, until);

-- Caseloads that changed hands. Their assignments say by which transfer they came; 0: by import.
CREATE TABLE transfer (
    id           INTEGER PRIMARY KEY,
    from_account INTEGER NOT NULL REFERENCES account (id),
    to_account   INTEGER NOT NULL REFERENCES account (id),
    made_by      INTEGER NOT NULL,
    made         INTEGER NOT NULL,
    since        INTEGER NOT NULL
) STRICT;
CREATE INDEX transfer_to ON transfer (to_account, made);
ALTER TABLE assignment ADD COLUMN transfer INTEGER NOT NULL DEFAULT 0;

-- How many distinct persons a structure's accounts were shown on a day, and the median that held then; days since 1970.
CREATE TABLE structure_day (
    structure TEXT NOT NULL,
    day       INTEGER NOT NULL,
    persons   INTEGER NOT NULL,
    median    INTEGER NOT NULL,
    PRIMARY KEY (structure, day)
) STRICT, WITHOUT ROWID;

-- Two structures that become one. The gone one stays as a name of the other.
ALTER TABLE structure ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
CREATE TABLE merger (
    id         INTEGER PRIMARY KEY,
    gone       TEXT NOT NULL REFERENCES structure (id),
    kept       TEXT NOT NULL REFERENCES structure (id),
    since      INTEGER NOT NULL,
    made_by    INTEGER NOT NULL,
    made       INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'approved', 'refused', 'done')),
    decided_by INTEGER NOT NULL,
    decided    INTEGER NOT NULL,
    done       INTEGER NOT NULL
) STRICT;
