// Package signin says who is there and how strongly that was proved: sign-in at the federation (package openid), our
// own passkeys (package passkey), sessions, and the acts that a passkey approves.
//
// It promises six things:
//
//   - a federated identity is necessary and never sufficient. An account opens by its binding to (identity provider,
//     sub), which an enrolment code makes once. An e-mail address binds nothing, and never restores a binding;
//   - "mfa" is not believed. A login counts as phishing-resistant when its amr names a key (pop, hwk, swk), no code by
//     mail, and its identity provider is a trusted one; any other login is weak and needs our own passkey before a file
//     opens;
//   - an assertion is worth one act. Its challenge is a digest of the verb and of the very subject that it approves,
//     good for one account and one session, once, for two minutes;
//   - a stolen cookie is worth the rest of one presence lease: each presence gives the session a new token, and from
//     another network or browser the session is weak until its passkey is used there;
//   - the end of a session holds at once on every replica for everything that commits: acts read the store, and a
//     disclosure commits only if the session's counter is there. For a reading, a replica may believe its own memory
//     for a second. An open page of ours learns of the end in about as long; a tool's own page learns it at its next
//     request, because nothing of ours runs in it;
//   - a browser without a session makes us store nothing: a sign-in under way is carried by its state, sealed.
//
// Sessions are our own code, and not alexedwards/scs: containment must end sessions by account inside its own
// transaction, the gateway asks for one on each request, and their content is typed columns that an officer can read,
// not an encoded blob. The rest is a random token and three dates.
//
// Read signin.go, then one sign-in: authorize.go, callback.go, session_life.go. session.go answers the gateway's
// question; enrolment.go and passkeys.go make and end passkeys, sessions.go lists and ends sessions for their holder;
// acts.go approves; event_stream.go tells open pages of the end; http.go serves it all under /cloison/.
package signin
