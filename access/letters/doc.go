// Package letters writes to people by e-mail: to directors whatever changes who may enter their structure, to agents
// whatever happens to their own habilitation, to makers what became of their proposals, to everybody what they must do
// soon.
//
// It promises that:
//
//   - a letter is a row before it is sent, under a key that says what it tells to whom: reading the journal again,
//     after a crash or on another replica, writes nothing twice;
//   - a letter is sent once. When a crash leaves it unknown whether the relay took it, it is listed as doubtful and is
//     not sent again unless an officer says so;
//   - no letter signs anybody in: it has no link, no token and no picture. It names at most the console's address, to
//     be typed. Its subject holds no personal data, and its body is dropped from the store once it is sent;
//   - a flood of letters of one kind becomes one letter an hour, and holds up no letter of another kind; warnings go
//     first;
//   - names and addresses are in letters, never in logs or in the journal.
//
// Without a relay the letters are written all the same, and the console shows them as not sent.
package letters
