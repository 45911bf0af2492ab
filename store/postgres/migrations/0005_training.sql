-- +goose Up

-- One go of one account at a course.
CREATE TABLE attempt (
    id        bigint PRIMARY KEY,
    account   bigint NOT NULL REFERENCES account (id),
    course    text NOT NULL,
    edition   text NOT NULL,
    state     text NOT NULL CHECK (state IN ('open', 'passed', 'failed', 'lapsed')),
    began     timestamptz NOT NULL,
    ended     timestamptz,
    round     integer NOT NULL,
    questions jsonb NOT NULL, -- an array, in the order asked
    version   bigint NOT NULL
);
CREATE UNIQUE INDEX attempt_open ON attempt (account, course) WHERE state = 'open';
CREATE INDEX attempt_account ON attempt (account, began);

-- Courses passed. The number is that of the attempt, whose answers are forgotten long before.
CREATE TABLE certificate (
    id      bigint PRIMARY KEY,
    account bigint NOT NULL REFERENCES account (id),
    course  text NOT NULL,
    edition text NOT NULL,
    correct integer NOT NULL,
    of      integer NOT NULL,
    at      timestamptz NOT NULL,
    until   timestamptz NOT NULL
);
CREATE INDEX certificate_account ON certificate (account, at);
