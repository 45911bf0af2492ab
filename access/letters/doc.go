// Package letters writes e-mails to agents: to directors about every change of who may enter their structure, to
// holders about their own account, to makers about their proposals, and reminders of what is due.
//
// It promises that:
//
//   - a letter is a row before it is sent, under a key that names event and recipient: reading the journal again, after
//     a crash or on another replica, writes nothing twice;
//   - a letter is sent once. When a crash leaves it unknown whether the relay took it, it is listed as doubtful and is
//     sent again only if an officer decides so;
//   - no letter signs anybody in: it has no link, no token and no picture. It names at most the console's address, to
//     be typed. Its subject holds no personal data, and its body is dropped from the store once it is sent;
//   - a flood of letters of one kind becomes one letter an hour, and holds up no letter of another kind; warnings go
//     first;
//   - names and addresses are in letters, never in logs or in the journal.
//
// Without a relay the letters are written all the same, and the console shows them as not sent.
//
// Read letters.go, then event_letters.go and reminders.go for what makes a letter, digest.go for floods, render.go for
// the text, delivery.go and relay.go for sending.
package letters
