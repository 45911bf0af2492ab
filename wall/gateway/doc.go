// Package gateway is HTTP for machines: it stands between agents and one business tool, has each person of an answer
// decided on and recorded, and lets out what may be seen.
//
// It promises that no byte about a person leaves before that person's row is durable (Disclose has returned); that what
// leaves is exactly what the rows say, person by person and category by category; and that what package mapping does
// not understand does not pass, nor an answer whose status is not a success.
//
// It promises too that no write reaches the tool before it is decided, and durable, that the account meets the person
// whom the path names; and that a missing file and a stranger's file have one answer, one price and one trace. Two
// things still tell them apart: how long the tool takes to find nobody, and a tool that fails on the one alone (5xx, or
// an answer that the mapping does not hold).
//
// One request, file by file: gateway.go takes it; request.go checks it and makes the tool's copy, which says in a
// signed assertion (assertion.go) who asks; subject.go decides on a person whom only the path names; answer.go takes
// the answer; gateway.go has its persons decided on; deny.go and refuse.go say no, why, and the way out.
package gateway
