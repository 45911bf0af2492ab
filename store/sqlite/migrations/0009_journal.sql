-- +goose Up

-- The journal is read by whom it names, by what happened, and by time.
CREATE INDEX event_actor ON event (actor, seq);
CREATE INDEX event_account ON event (account, seq);
CREATE INDEX event_code ON event (code, seq);
CREATE INDEX event_at ON event (at);
