// Package mapping is the language that describes a business tool: which requests it answers, where the persons are in
// an answer, and of which category each value is. One block of the config, a Tool, is all that Cloison knows of a tool.
//
// It promises that what it does not fully understand does not pass: a path that two readers could read differently, an
// answer that is not JSON, a name that the block does not hold, a person without an id. What Rewrite lets out is the
// tool's own bytes with whole elements removed and whole values replaced, never a new encoding of them. A Fault says
// why an answer is refused, and never holds a value of it. The package does no I/O.
//
// mapping.go compiles a Tool; route.go finds the Endpoint of a request, and person.go the person whom its path names;
// path.go holds the paths into an answer; reader.go finds who is in an answer, and rewrite.go writes what may leave.
package mapping
