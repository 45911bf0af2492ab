-- +goose Up

-- The transfers by which somebody had come before the last one, oldest first, with a space before each: who passes on what another gave is
-- not the only one who said so.
ALTER TABLE assignment ADD COLUMN earlier text NOT NULL DEFAULT '';

-- Whom a machine has suspended, and since when, is counted with each further one.
CREATE INDEX account_suspended ON account (suspended_by, suspended_at) WHERE suspended_by <> 0;

-- The addresses that accounts had, for the letter that says they have another one now; dropped after thirty days.
CREATE TABLE former_address (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account bigint NOT NULL REFERENCES account (id),
    email   text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX former_address_account ON former_address (account);

-- Since when a passkey has been shown in a place: a federated login alone makes no place anybody's.
ALTER TABLE place ADD COLUMN proved timestamptz;
UPDATE place SET proved = first;
