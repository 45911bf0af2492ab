-- +goose Up

-- The transfers by which somebody had come before the last one, oldest first, with a space before each: who passes on what another gave is
-- not the only one who said so.
ALTER TABLE assignment ADD COLUMN earlier TEXT NOT NULL DEFAULT '';
