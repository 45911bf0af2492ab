// Package openid signs in at a federation by OpenID Connect's code flow; in France the federation is ProConnect.
//
// It promises four things:
//
//   - both the id token and userinfo are signed by the provider, for us, for this sign-in, and of one sub;
//   - the client secret and the tokens go to the configured provider alone, and an answer is read up to 1 MiB;
//   - a sign-in under way stores nothing: its state travels through the provider, sealed, and is worth nothing in
//     another browser;
//   - "mfa" is not believed. A login counts as phishing-resistant when its amr names a key and the identity provider is
//     trusted.
//
// Read client.go, then state.go for what travels, tokens.go for what is verified, and assurance.go for what it is
// worth.
package openid
