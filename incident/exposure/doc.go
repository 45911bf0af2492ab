// Package exposure draws the exposure roll (relevé d'exposition) of an incident: exactly which persons were shown to
// which accounts, with which fields, when, how often and why, and what can't be said.
//
// [FromLedger] draws it from Cloison's own rows. [FromLogs] draws it from the access logs of a tool that never had
// Cloison, as a [Map] describes them: JSON Lines, CSV, or the combined format of web servers, plain, gzip or zstd. Both
// give the same [Roll], which serves the notices, the forms and the evidence.
//
// What a roll promises:
//
//   - Every person whom a row or a readable line shows to an account of the query, within the window, is in it, and
//     nobody else. For logs that is held to a naive reading with encoding/json, encoding/csv and regexp, line by line,
//     by property tests and fuzzing: the quick ways here change no result.
//   - What could not be read is counted, shown by line and reason (never by content), and named as a [Gap].
//   - A person is [Proven] when a row says so, [Excluded] when the record is whole and has no such row, and [Possible]
//     in between.
//   - Memory grows with the persons found, not with the logs.
//
// The files: exposure.go holds the question and the answer, table.go and order.go the persons × accounts in little
// memory, ledger.go and store.go the first source; logs.go drives the second, split.go cuts logs into blocks of lines,
// jsonl.go, csv.go and combined.go read lines, mapfile.go, times.go and pattern.go what the map says of them, line.go
// judges; rollcsv.go writes.
package exposure
