-- +goose Up

-- One go of one account at a course.
CREATE TABLE attempt (
    id        INTEGER PRIMARY KEY,
    account   INTEGER NOT NULL REFERENCES account (id),
    course    TEXT NOT NULL,
    edition   TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('open', 'passed', 'failed', 'lapsed')),
    began     INTEGER NOT NULL,
    ended     INTEGER NOT NULL,
    round     INTEGER NOT NULL,
    questions TEXT NOT NULL, -- a JSON array, in the order asked
    version   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX attempt_open ON attempt (account, course) WHERE state = 'open';
CREATE INDEX attempt_account ON attempt (account, began);

-- Courses passed. The number is that of the attempt, whose answers are forgotten long before.
CREATE TABLE certificate (
    id      INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    course  TEXT NOT NULL,
    edition TEXT NOT NULL,
    correct INTEGER NOT NULL,
    of      INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    until   INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_account ON certificate (account, at);
