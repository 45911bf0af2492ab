-- +goose Up

-- What the desk says: this account meets this person for a while. Dropped some days after its end.
CREATE TABLE desk_grant (
    id        bigint PRIMARY KEY,
    account   bigint NOT NULL REFERENCES account (id),
    structure text NOT NULL,
    person    text NOT NULL,
    means     text NOT NULL CHECK (means IN ('visit', 'code', 'break_glass')),
    made_by   bigint NOT NULL, -- 0: the person, by a code
    made      timestamptz NOT NULL,
    until     timestamptz NOT NULL
);
CREATE INDEX desk_grant_account ON desk_grant (account, until);
CREATE INDEX desk_grant_maker ON desk_grant (made_by, made);
CREATE INDEX desk_grant_structure ON desk_grant (structure, made);

-- The step of a person's last used code: that one and older ones are refused. Persons by a keyed digest.
CREATE TABLE desk_spent (
    person bytea PRIMARY KEY,
    step   bigint NOT NULL
);

-- Codes tried, right or wrong.
CREATE TABLE desk_try (
    account bigint NOT NULL,
    person  bytea NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX desk_try_account ON desk_try (account, at);
CREATE INDEX desk_try_person ON desk_try (person, at);

-- Covers and break-glasses that one agent asks a colleague to confirm.
CREATE TABLE desk_request (
    id        bigint PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('cover', 'break_glass')),
    structure text NOT NULL,
    made_by   bigint NOT NULL REFERENCES account (id),
    asked     bigint NOT NULL REFERENCES account (id),
    of        bigint NOT NULL, -- of a cover
    person    text NOT NULL,    -- of a break-glass
    reason    text NOT NULL,
    since     timestamptz,
    until     timestamptz,
    made      timestamptz NOT NULL,
    expires   timestamptz NOT NULL,
    session   bigint NOT NULL,
    state     text NOT NULL CHECK (state IN ('open', 'confirmed', 'declined', 'withdrawn')),
    decided   timestamptz,
    version   bigint NOT NULL
);
CREATE INDEX desk_request_maker ON desk_request (made_by, made);
CREATE INDEX desk_request_asked ON desk_request (asked, made);
CREATE INDEX desk_request_structure ON desk_request (structure, made);
CREATE INDEX desk_request_made ON desk_request (made);
