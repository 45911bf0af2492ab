-- +goose Up

-- Holds on the ledger's rows: none goes while one holds, whatever its age.
CREATE TABLE hold (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    made_by   INTEGER NOT NULL, -- 0: the operator
    reason    TEXT NOT NULL,
    asked_by  INTEGER NOT NULL, -- the first of the two who lift it
    asked     INTEGER NOT NULL,
    lifted    INTEGER NOT NULL,
    lifted_by INTEGER NOT NULL
) STRICT;

-- Who signed in through the provider, by which clock.
CREATE INDEX session_opened ON session (opened);

-- What was stored under the name of a structure after it had been merged away belongs to the one that exists.
UPDATE account SET structure = (SELECT merged_into FROM structure s WHERE s.id = structure), version = version + 1
    WHERE structure IN (SELECT id FROM structure WHERE merged_into <> '');
UPDATE proposal SET structure = (SELECT merged_into FROM structure s WHERE s.id = structure), version = version + 1
    WHERE state = 'open' AND structure IN (SELECT id FROM structure WHERE merged_into <> '');
UPDATE gate SET fence = fence + 1;
