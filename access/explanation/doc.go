// Package explanation says why an agent meets a person (motif de rattachement).
//
// Some explanations last: the caseload, which the operator imports and a manager may transfer; a cover; a turn of
// duty. The others are made when they are needed:
//
//   - a visit: the reception registers that a person is here to see an adviser;
//   - a code: the person, who is here, reads out the one-time code that the body's own site shows;
//   - a cover that an adviser asks for and another colleague confirms;
//   - a break-glass (bris de glace): an adviser types a reason, a named colleague confirms it, the director gets a letter.
//
// It promises that nobody explains a file to themselves. Each explanation needs a maker other than the reader, who
// did not make the reader's account and was not made by it. That is judged when the explanation is made and again at
// each read; an explanation that fails is self-granted and counts as none. Grants are limited in number and end with
// the day at the latest. A code works once, on every replica; an account that guesses codes is stopped, and each
// guess is evidence for the detector. A break-glass opens the file within the bound and counts as unexplained.
//
// A person's number and a reason are personal data: they are stored, shown to the people whom they concern, and
// neither logged nor written to the journal.
package explanation
