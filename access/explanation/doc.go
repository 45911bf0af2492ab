// Package explanation says why an agent meets a person (motif de rattachement): by its caseload, which the operator
// imports and a manager may transfer, by a cover or a turn of duty that somebody else declared, or by what was granted at
// the desk. An explanation that an account, or somebody of its making, gave to itself is marked as such and counts as
// none.
//
// The desk makes the explanations of the day: a person is here, a colleague is away, or it cannot wait.
//
//   - A visit: the reception says that a person is here to see an adviser.
//   - A code: the person, here, reads out the one-time code that the body's own site shows to them.
//   - A cover: an adviser asks to meet an absent colleague's caseload, and another colleague confirms.
//   - A break-glass (bris de glace): an adviser types a reason, a named colleague confirms, the director is told.
//
// It promises that nobody explains a file to themselves: each needs somebody who is not the one that reads, not of its
// making and not its maker, judged when it is made and again at each read (package directory). Each is bounded in
// number and ends by itself, with the day at the latest. A code works once, on every replica, and who guesses is
// stopped and is evidence for the detector. A break-glass opens within the bound and counts as unexplained.
//
// A person's number and a reason are personal data: they are stored, shown to those whom they concern, and never logged
// or written to the journal.
package explanation
