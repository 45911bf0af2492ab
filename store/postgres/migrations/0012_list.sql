-- +goose Up

-- The lines of a list of newcomers: one proposal, many accounts.
CREATE TABLE newcomer (
    proposal bigint NOT NULL REFERENCES proposal (id),
    line     integer NOT NULL,
    name     text NOT NULL,
    email    text NOT NULL,
    roles    integer NOT NULL,
    account  bigint NOT NULL, -- 0: not approved
    PRIMARY KEY (proposal, line)
);
CREATE INDEX newcomer_account ON newcomer (account) WHERE account <> 0;
