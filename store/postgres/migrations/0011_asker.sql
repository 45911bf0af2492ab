-- +goose Up

-- Since when somebody is known in a place, and from which place a proposal came: who decides looks at it.
ALTER TABLE place ADD COLUMN first timestamptz;
UPDATE place SET first = last;
ALTER TABLE place ALTER COLUMN first SET NOT NULL;
ALTER TABLE proposal ADD COLUMN device text NOT NULL DEFAULT '', ADD COLUMN network text NOT NULL DEFAULT '', ADD COLUMN known_since timestamptz;
CREATE INDEX proposal_decided ON proposal (decided) WHERE state = 'approved';
