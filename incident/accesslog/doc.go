// Package accesslog reads the access logs of a tool that never had Cloison, as a [Map] describes them: JSON Lines, CSV,
// or the combined format of web servers, plain, gzip or zstd. [Read] hands over every person that a line shows to one of
// some accounts.
//
// It promises:
//
//   - A person whom a readable line shows to one of the accounts, within the window, is handed over, and no other.
//     That is held to a naive reading with encoding/json, encoding/csv and regexp, line by line, by property tests and
//     fuzzing (package exposure has them).
//   - A line that cannot be read is counted and shown by place and reason, never by content.
//   - Memory does not grow with the logs.
//
// The files: accesslog.go drives, feed.go and source.go cut logs into blocks of lines, jsonl.go, csv.go and combined.go
// read lines, map.go and times.go say what the map wants of them, selector.go decides. What must be quick is in package
// fast.
package accesslog
