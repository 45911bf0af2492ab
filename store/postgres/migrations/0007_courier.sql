-- +goose Up

-- The outbox: one row for each letter to one person.
CREATE TABLE letter (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key     text NOT NULL UNIQUE, -- what it tells to whom
    kind    text NOT NULL,
    weight  smallint NOT NULL,    -- 0 warning, 1 notice, 2 reminder
    account bigint NOT NULL,      -- to whom
    role    text NOT NULL,        -- in what quality
    about   bigint NOT NULL,
    address text NOT NULL,
    subject text NOT NULL,
    body    text NOT NULL,        -- empty once it is sent
    state   text NOT NULL CHECK (state IN ('unsent', 'held', 'folded', 'sending', 'sent', 'doubtful', 'failed')),
    made    timestamptz NOT NULL,
    due     timestamptz NOT NULL,
    tries   integer NOT NULL,
    holder  text NOT NULL,
    until   timestamptz,
    settled timestamptz,
    reply   text NOT NULL
);
CREATE INDEX letter_unsent ON letter (weight, id) WHERE state = 'unsent';
CREATE INDEX letter_sending ON letter (until) WHERE state = 'sending';
CREATE INDEX letter_held ON letter (account, weight, id) WHERE state = 'held';
CREATE INDEX letter_recipient ON letter (account, kind, made);
CREATE INDEX letter_state ON letter (state, id);

-- A code that re-enrols works only while a witness says that the holder is there, with the word that the witness reads out.
ALTER TABLE enrolment
    ADD COLUMN proposal bigint NOT NULL DEFAULT 0, -- the Rebind that granted it; 0: needs no witness
    ADD COLUMN witness bigint NOT NULL DEFAULT 0,
    ADD COLUMN witnessed timestamptz,
    ADD COLUMN word bytea NOT NULL DEFAULT '';     -- SHA-256 of code digest and word
