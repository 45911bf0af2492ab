-- +goose Up

-- The review of a structure's accounts, and what was answered for each.
CREATE TABLE review (
    id        bigint PRIMARY KEY,
    structure text NOT NULL REFERENCES structure (id),
    opened    timestamptz,
    due       timestamptz,
    reminded  timestamptz,
    closed    timestamptz
);
CREATE UNIQUE INDEX review_open ON review (structure) WHERE closed IS NULL;
CREATE INDEX review_structure ON review (structure, opened);

CREATE TABLE review_line (
    review  bigint NOT NULL REFERENCES review (id),
    account bigint NOT NULL REFERENCES account (id),
    verdict text NOT NULL, -- empty: nobody has answered
    at      timestamptz,
    made_by bigint NOT NULL,
    PRIMARY KEY (review, account)
);

-- What the last sweep's clock said: one row.
CREATE TABLE sweep (
    one bigint PRIMARY KEY CHECK (one = 1),
    at  timestamptz
);
INSERT INTO sweep VALUES (1, NULL);

CREATE INDEX account_idle ON account (greatest(last_seen, created)) WHERE state = 1;

CREATE TABLE duty (
    id        bigint PRIMARY KEY,
    account   bigint NOT NULL REFERENCES account (id),
    structure text NOT NULL REFERENCES structure (id),
    made_by   bigint NOT NULL,
    made      timestamptz,
    since     timestamptz,
    until     timestamptz
);
CREATE INDEX duty_account ON duty (account, until);

-- Caseloads that changed hands. Their assignments say by which transfer they came; 0: by import.
CREATE TABLE transfer (
    id           bigint PRIMARY KEY,
    from_account bigint NOT NULL REFERENCES account (id),
    to_account   bigint NOT NULL REFERENCES account (id),
    made_by      bigint NOT NULL,
    made         timestamptz,
    since        timestamptz
);
CREATE INDEX transfer_to ON transfer (to_account, made);
ALTER TABLE assignment ADD COLUMN transfer bigint NOT NULL DEFAULT 0;

-- How many distinct persons a structure's accounts were shown on a day, and the median that held then; days since 1970.
CREATE TABLE structure_day (
    structure text NOT NULL,
    day       bigint NOT NULL,
    persons   bigint NOT NULL,
    median    bigint NOT NULL,
    PRIMARY KEY (structure, day)
);

-- Two structures that become one. The gone one stays as a name of the other.
ALTER TABLE structure ADD COLUMN merged_into text NOT NULL DEFAULT '';
CREATE TABLE merger (
    id         bigint PRIMARY KEY,
    gone       text NOT NULL REFERENCES structure (id),
    kept       text NOT NULL REFERENCES structure (id),
    since      timestamptz,
    made_by    bigint NOT NULL,
    made       timestamptz,
    state      text NOT NULL CHECK (state IN ('open', 'approved', 'refused', 'done')),
    decided_by bigint NOT NULL,
    decided    timestamptz,
    done       timestamptz
);
