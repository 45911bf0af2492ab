// Package proconnect stands in for ProConnect, the French State's identity federation, in the demo and the tests.
//
// It is a real OpenID provider (zitadel/oidc does the protocol) with the behaviour of the real one in August 2026
// (proconnect-gouv/federation and the partners' documentation):
//
//   - /api/v2 paths; authorization code only, code good for 60 s, once; PKCE optional and S256 only;
//     client_secret_post;
//   - a parameter that it does not know, max_age among them, is error Y000400;
//   - acr and amr are asked by the claims parameter; an essential acr that cannot be had is access_denied, "requested
//     ACRs could not be satisfied"; amr comes only when asked; acr_values=eidas1 alone always yields eidas1;
//   - an account whose identity provider has no second factor is sent a code by e-mail when the acr asks for one, and
//     comes back as eidas1-mfa with amr pwd and mail, which is no second factor for CNIL nor for ANSSI;
//   - userinfo is a signed JWT; sub is one per identity provider and account;
//   - single sign-on lasts 12 h, not sliding; there is no back-channel logout, so no service learns of a logout;
//   - a blocked account is Y500024; whoever reads a mailbox of an approved domain can make an account (/inscription).
//
// The login pages are plain forms, in French, which work without JavaScript: fields interaction, email, password, code.
//
// Not done: refresh tokens, which ProConnect gives by default, and private_key_jwt. acr is in every id token here.
//
// It can lie, for the tests of whoever relies on it: see Attack. Nothing here is stored, and keys die with the process.
package proconnect
