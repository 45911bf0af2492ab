// Package training teaches the courses that open the files: the awareness training of every agent, and the managers'
// course. A course is a dozen short situations; an account that judges four in five of them rightly at first sight
// passes.
//
// It promises five things:
//
//   - the right choice, and why, leaves the server only after the situation was answered. An answer counts once: sent
//     twice, from a second tab or from the browser's history, it changes nothing;
//   - the order of situations and choices is drawn when an attempt begins and kept with it: a closed browser loses
//     nothing, and a neighbour's screen does not help;
//   - an attempt belongs to one account, and is answered in a session where that account's own passkey was used: a
//     stolen cookie trains nobody. Other accounts do not find it;
//   - a passed attempt has a certificate by the same transaction, and then an attestation in the directory, which opens
//     the files at the next disclosure. After a crash between the two, the learner's next visit attests it;
//   - no answer is kept longer than a year. Answers are for learning, not for a personnel file.
//
// Read training.go, then content.go for the courses, attempt.go and answers.go for an attempt, standings.go for the
// overview.
package training
