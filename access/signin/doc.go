// Package signin knows who is there and how strongly that was proved: sign-in by the federation (OpenID Connect; in
// France ProConnect), our own passkeys (WebAuthn), sessions, and the acts that a passkey approves.
//
// It promises six things:
//
//   - a federated identity is necessary and never sufficient. What opens an account is its binding to (identity
//     provider, sub), made once by an enrolment code. The e-mail address binds nothing, and nothing is ever bound
//     again behind an address;
//   - "mfa" is not believed. A login counts as phishing-resistant when its amr names a key (pop, hwk, swk), no code by
//     mail, and the identity provider is one whose word is trusted; all others are weak and need our own passkey
//     before a file opens;
//   - an assertion is worth one act. Its challenge is a digest of the verb and of the very subject that it approves,
//     good for one account and one session, once, for two minutes;
//   - a stolen cookie is worth what is left of one presence lease: each presence gives the session a new token, and
//     from another network or browser the session is weak until its passkey is shown there;
//   - a session ends at once on every replica for whatever commits: acts read the store, and a disclosure commits only
//     if the session's counter is there. For what commits nothing, a replica may believe its own memory for a second.
//     An open page of ours learns it in about as long, wherever it ended; a tool's own page learns it at its next
//     request, because nothing of ours runs in it;
//   - who has not signed in stores nothing: a sign-in under way is carried by its state, sealed.
//
// Sessions are our own code, and not alexedwards/scs: containment must end sessions by account inside its own
// transaction, the gateway asks for one on each request, and their content is typed columns that an officer can read,
// not an encoded blob. What is left to write is a random token and three dates.
//
// Read signin.go, then one sign-in: authorize.go, callback.go (what is verified), assurance.go (what it is worth),
// session_life.go, with flow.go for what travels between the first two; session.go is the gateway's question; enrolment.go
// and passkeys.go make and end passkeys, sessions.go what their owner sees and ends; acts.go approves; event_stream.go tells
// open pages of the end; http.go serves it all under /cloison/. webauthn.go with attestation.go, and federation.go, are
// the only files that know the two protocol libraries.
package signin
