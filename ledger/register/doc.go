// Package register searches the ledger for people who check it: it pages rows, finds who was shown a person, proves one
// row, verifies all of them, and serves the log's public files.
//
// It promises:
//
//   - A page of rows names no person and holds no nonce.
//   - Nobody gets a person's rows or a proof without the right to it, as their account stands at that moment; and the
//     journal has the line, durable, before the answer is given. The line does not repeat the person.
//   - One verification runs at a time, and no page waits for it.
//   - Of the log's directory, which also holds the sealer's state, only the public files can be read.
//
// It changes nothing but the journal.
package register
