-- +goose Up

-- A sign-in under way is no row any more: its state travels sealed through the provider. What is kept is which states were
-- used, until they are out of date.
DROP TABLE flow;
CREATE TABLE spent_state (
    state bytea PRIMARY KEY, -- SHA-256
    until timestamptz NOT NULL
);

-- Browser and system in a word or two, for the person who looks at a list of sessions; empty: not known.
ALTER TABLE session ADD COLUMN device text NOT NULL DEFAULT '';

-- From where an account has signed in: a network and the digest of a user agent.
CREATE TABLE place (
    account    bigint NOT NULL,
    network    text NOT NULL,
    user_agent text NOT NULL,
    last       timestamptz NOT NULL,
    PRIMARY KEY (account, network, user_agent)
);

CREATE INDEX act_session ON act (session, made);

-- For the sweep, which holds everybody else up.
CREATE INDEX spent_state_until ON spent_state (until);
CREATE INDEX place_last ON place (last);
