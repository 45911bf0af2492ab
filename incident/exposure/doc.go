// Package exposure draws the exposure roll (relevé d'exposition) of an incident: exactly which persons were shown to
// which accounts, with which fields, when, how often and why, and what the record cannot vouch for.
//
// [FromLedger] draws it from Cloison's own rows. [FromLogs] draws it from the access logs of a tool that never had
// Cloison, which package accesslog reads. Both give the same [Roll], which serves the notices, the forms and the
// evidence.
//
// What a roll promises:
//
//   - Every person whom a row or a readable line shows to an account of the query, within the window, is in it, and
//     no other. For logs that is held to a naive reading, line by line, by property tests and fuzzing.
//   - What could not be read is counted, shown by line and reason (never by content), and named as a [Gap].
//   - A person is [Proven] when a row says so, [Excluded] when the record is whole and has no such row, and [Possible]
//     in between.
//   - Memory grows with the persons found, not with the logs.
//
// The files: exposure.go holds the question and the answer, ledger.go and logs.go the two sources, table.go and order.go
// the persons × accounts in little memory; roll_csv.go writes.
package exposure
