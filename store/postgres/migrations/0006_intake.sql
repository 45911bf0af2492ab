-- +goose Up

-- What a machine client said of a person, beyond what the directory holds.
CREATE TABLE source_resource (
    client      text NOT NULL,
    id          text NOT NULL COLLATE "C", -- of the proposal, when the client proposed the person; else of the account
    account     bigint NOT NULL,           -- 0: the proposal has made none yet
    external_id text NOT NULL,
    user_name   text NOT NULL,
    given       text NOT NULL,
    family      text NOT NULL,
    deleted     boolean NOT NULL,
    PRIMARY KEY (client, id)
);
CREATE UNIQUE INDEX source_resource_external ON source_resource (client, external_id) WHERE external_id <> '' AND NOT deleted;
CREATE UNIQUE INDEX source_resource_user ON source_resource (client, lower(user_name)) WHERE user_name <> '' AND NOT deleted;

-- Which statements of a training platform had an effect: the digest tells a repetition from another statement of the same id.
CREATE TABLE statement (
    client text NOT NULL,
    id     text NOT NULL,
    digest bytea NOT NULL, -- SHA-256
    stored timestamptz NOT NULL,
    PRIMARY KEY (client, id)
);
