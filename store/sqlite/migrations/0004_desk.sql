-- +goose Up

-- What the desk says: this account meets this person for a while. Dropped some days after its end.
CREATE TABLE desk_grant (
    id        INTEGER PRIMARY KEY,
    account   INTEGER NOT NULL REFERENCES account (id),
    structure TEXT NOT NULL,
    person    TEXT NOT NULL,
    means     TEXT NOT NULL CHECK (means IN ('visit', 'code', 'break_glass')),
    made_by   INTEGER NOT NULL, -- 0: the person, by a code
    made      INTEGER NOT NULL,
    until     INTEGER NOT NULL
) STRICT;
CREATE INDEX desk_grant_account ON desk_grant (account, until);
CREATE INDEX desk_grant_maker ON desk_grant (made_by, made);
CREATE INDEX desk_grant_structure ON desk_grant (structure, made);

-- The step of a person's last used code: that one and older ones are refused. Persons by a keyed digest.
CREATE TABLE desk_spent (
    person BLOB PRIMARY KEY,
    step   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Codes tried, right or wrong.
CREATE TABLE desk_try (
    account INTEGER NOT NULL,
    person  BLOB NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX desk_try_account ON desk_try (account, at);
CREATE INDEX desk_try_person ON desk_try (person, at);

-- Covers and break-glasses that one agent asks a colleague to confirm.
CREATE TABLE desk_request (
    id        INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('cover', 'break_glass')),
    structure TEXT NOT NULL,
    made_by   INTEGER NOT NULL REFERENCES account (id),
    asked     INTEGER NOT NULL REFERENCES account (id),
    of        INTEGER NOT NULL, -- of a cover
    person    TEXT NOT NULL,    -- of a break-glass
    reason    TEXT NOT NULL,
    since     INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    made      INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    session   INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'declined', 'withdrawn')),
    decided   INTEGER NOT NULL,
    version   INTEGER NOT NULL
) STRICT;
CREATE INDEX desk_request_maker ON desk_request (made_by, made);
CREATE INDEX desk_request_asked ON desk_request (asked, made);
CREATE INDEX desk_request_structure ON desk_request (structure, made);
CREATE INDEX desk_request_made ON desk_request (made);
