-- +goose Up

-- What an approver writes to whoever proposed, beside the reason of a refusal.
ALTER TABLE proposal ADD COLUMN note TEXT NOT NULL DEFAULT '';
CREATE INDEX proposal_refused ON proposal (made_by, decided) WHERE state = 'refused';
