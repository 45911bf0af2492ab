-- +goose Up

-- Since when somebody is known in a place, and from which place a proposal came: who decides looks at it.
ALTER TABLE place ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
UPDATE place SET first = last;
ALTER TABLE proposal ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE proposal ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE proposal ADD COLUMN known_since INTEGER NOT NULL DEFAULT 0;
CREATE INDEX proposal_decided ON proposal (decided) WHERE state = 'approved';
