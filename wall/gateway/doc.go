// Package gateway is HTTP for machines: it stands between agents and one business tool, reads each answer of the tool,
// and lets out what may be seen.
//
// It promises that no byte about a person leaves before that person's row is durable (Disclose has returned); that what
// leaves is exactly what the rows say, person by person and category by category; and that what it does not fully
// understand does not pass: a path it does not know, an answer that is not JSON, a name that the mapping does not hold,
// a person without an id, a status that is not a success. What passes is the tool's own bytes with whole elements cut
// and whole values replaced, never a new encoding of them.
//
// It promises too that no write reaches the tool before it is decided, and durable, that the account meets the person
// whom the path names; and that a file that is not there and a stranger's have one answer, one price and one trace. Two
// things still tell them apart: how long the tool takes to find nobody, and a tool that fails on the one alone (5xx, or
// an answer that the mapping does not hold).
//
// One request, file by file: gateway.go takes it; route.go finds what kind it is; named.go decides on a person whom
// only the path names; request.go makes the tool's copy of the request, which says in a signed assertion (assertion.go)
// who asks; answer.go takes the answer, read.go finds who is in it, and rewrite.go writes what may leave; refuse.go
// says no, why, and the way out. mapping.go and path.go compile the block of the config that is all the gateway knows
// of a tool.
package gateway
