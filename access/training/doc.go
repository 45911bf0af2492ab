// Package training teaches the courses that open the files: the awareness training of everybody, and the managers'
// course. A course is a dozen short situations; who judges four in five of them rightly at first sight is attested.
//
// It promises five things:
//
//   - what is right, and why, leaves the server only after the situation was answered. An answer counts once: sent
//     twice, from a second tab or from the browser's history, it changes nothing;
//   - the order of situations and choices is drawn when an attempt begins and kept with it, so that closing the browser
//     loses nothing and a neighbour's screen helps nobody;
//   - an attempt belongs to one account, and is answered in a session where that account's own passkey was shown: a
//     stolen cookie trains nobody. To all others it does not exist;
//   - who passes has a certificate by the same transaction, and is then attested in the directory, which opens the
//     files at the next disclosure. If that is interrupted, it is made up for when they come back;
//   - nothing of the answers is kept longer than a year. They are for learning, not for a personnel file.
//
// Read training.go, then content.go for what is taught, attempt.go for what is kept, and one verb a file.
package training
