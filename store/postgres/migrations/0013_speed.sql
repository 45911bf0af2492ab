-- +goose Up

-- How many good passkeys an account has is counted without reading the passkeys, which are long.
DROP INDEX passkey_account;
CREATE INDEX passkey_account ON passkey (account, revoked);
