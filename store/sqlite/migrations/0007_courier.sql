-- +goose Up

-- The outbox: one row for each letter to one person.
CREATE TABLE letter (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT NOT NULL UNIQUE, -- what it tells to whom
    kind    TEXT NOT NULL,
    weight  INTEGER NOT NULL,     -- 0 warning, 1 notice, 2 reminder
    account INTEGER NOT NULL,     -- to whom
    role    TEXT NOT NULL,        -- in what quality
    about   INTEGER NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body    TEXT NOT NULL,        -- empty once it is sent
    state   TEXT NOT NULL CHECK (state IN ('unsent', 'held', 'folded', 'sending', 'sent', 'doubtful', 'failed')),
    made    INTEGER NOT NULL,
    due     INTEGER NOT NULL,
    tries   INTEGER NOT NULL,
    holder  TEXT NOT NULL,
    until   INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    reply   TEXT NOT NULL
) STRICT;
CREATE INDEX letter_unsent ON letter (weight, id) WHERE state = 'unsent';
CREATE INDEX letter_sending ON letter (until) WHERE state = 'sending';
CREATE INDEX letter_held ON letter (account, weight, id) WHERE state = 'held';
CREATE INDEX letter_recipient ON letter (account, kind, made);
CREATE INDEX letter_state ON letter (state, id);

-- A code that re-enrols works only while a witness says that the holder is there, with the word that the witness reads out.
ALTER TABLE enrolment ADD COLUMN proposal INTEGER NOT NULL DEFAULT 0; -- the Rebind that granted it; 0: needs no witness
ALTER TABLE enrolment ADD COLUMN witness INTEGER NOT NULL DEFAULT 0;
ALTER TABLE enrolment ADD COLUMN witnessed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE enrolment ADD COLUMN word BLOB NOT NULL DEFAULT x'';      -- SHA-256 of code digest and word
