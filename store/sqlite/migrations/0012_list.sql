-- +goose Up

-- The lines of a list of newcomers: one proposal, many accounts.
CREATE TABLE newcomer (
    proposal INTEGER NOT NULL REFERENCES proposal (id),
    line     INTEGER NOT NULL,
    name     TEXT NOT NULL,
    email    TEXT NOT NULL,
    roles    INTEGER NOT NULL,
    account  INTEGER NOT NULL, -- 0: not approved
    PRIMARY KEY (proposal, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX newcomer_account ON newcomer (account) WHERE account <> 0;
