-- +goose Up

-- A sign-in under way is no row any more: its state travels sealed through the provider. What is kept is which states were
-- used, until they are out of date.
DROP TABLE flow;
CREATE TABLE spent_state (
    state BLOB PRIMARY KEY, -- SHA-256
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Browser and system in a word or two, for the person who looks at a list of sessions; empty: not known.
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';

-- From where an account has signed in: a network and the digest of a user agent.
CREATE TABLE place (
    account    INTEGER NOT NULL,
    network    TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    last       INTEGER NOT NULL,
    PRIMARY KEY (account, network, user_agent)
) STRICT, WITHOUT ROWID;

CREATE INDEX act_session ON act (session, made);

-- For the sweep, which holds everybody else up.
CREATE INDEX spent_state_until ON spent_state (until);
CREATE INDEX place_last ON place (last);
