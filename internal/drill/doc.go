// Package drill replays real attacks against a running Cloison, over HTTP only, and reports what was seen, stopped and
// counted. An attacker here is anybody's browser: it holds passwords, mailboxes, cookies and software keys, knows every
// threshold, and has no other way in. Nothing in Cloison knows that a drill is running.
//
// What Cloison says of the attack (the bound, the alarm, the cut, the roll, the ledger) is asked over the same HTTP by
// an observer who signs in as an officer. What really left is counted by the attacker, person by person and field by
// field: a drill passes only when both sides agree.
package drill
