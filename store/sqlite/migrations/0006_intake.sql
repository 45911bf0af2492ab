-- +goose Up

-- What a machine client said of a person, beyond what the directory holds.
CREATE TABLE source_resource (
    client      TEXT NOT NULL,
    id          TEXT NOT NULL,    -- of the proposal, when the client proposed the person; else of the account
    account     INTEGER NOT NULL, -- 0: the proposal has made none yet
    external_id TEXT NOT NULL,
    user_name   TEXT NOT NULL,
    given       TEXT NOT NULL,
    family      TEXT NOT NULL,
    deleted     INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    PRIMARY KEY (client, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX source_resource_external ON source_resource (client, external_id) WHERE external_id <> '' AND deleted = 0;
CREATE UNIQUE INDEX source_resource_user ON source_resource (client, user_name COLLATE NOCASE) WHERE user_name <> '' AND deleted = 0;

-- Which statements of a training platform had an effect: the digest tells a repetition from another statement of the same id.
CREATE TABLE statement (
    client TEXT NOT NULL,
    id     TEXT NOT NULL,
    digest BLOB NOT NULL, -- SHA-256
    stored INTEGER NOT NULL,
    PRIMARY KEY (client, id)
) STRICT, WITHOUT ROWID;
