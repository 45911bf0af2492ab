// Package policy makes the decision: facts in; permit, refuse or step-up out, with the reasons, person by person and
// field by field.
//
// It promises to be pure and replayable: Decide reads only its arguments, and a Case (settings, facts, verdicts of the
// bound) goes to JSON and back without loss, so that a decision can be made again, and explained, years later. It
// promises to fail closed: a fact that is missing, unknown, in the future or out of date never opens a file, and the
// zero Facts, the zero Settings and the zero Decision permit nothing.
//
// Read facts.go (what is known), settings.go (what the operator chose), decide.go (the rules, the most general first),
// decision.go (the result), settle.go (what caps and bound still refuse) and case.go.
//
// A refusal is a result, never an error. Its reasons are codes with parameters; the sentences are in the message
// catalogues.
package policy
