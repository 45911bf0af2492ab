-- +goose Up

-- Holds on the ledger's rows: none goes while one holds, whatever its age.
CREATE TABLE hold (
    id        bigint PRIMARY KEY,
    at        timestamptz NOT NULL,
    made_by   bigint NOT NULL, -- 0: the operator
    reason    text NOT NULL,
    asked_by  bigint NOT NULL, -- the first of the two who lift it
    asked     timestamptz,
    lifted    timestamptz,
    lifted_by bigint NOT NULL
);

-- Who signed in through the provider, by which clock.
CREATE INDEX session_opened ON session (opened);

-- What was stored under the name of a structure after it had been merged away belongs to the one that exists.
UPDATE gate SET fence = fence + 1;
UPDATE account a SET structure = s.merged_into, version = a.version + 1 FROM structure s WHERE s.id = a.structure AND s.merged_into <> '';
UPDATE proposal p SET structure = s.merged_into, version = p.version + 1 FROM structure s
    WHERE p.state = 'open' AND s.id = p.structure AND s.merged_into <> '';
