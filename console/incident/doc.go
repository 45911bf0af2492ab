// Package incident is the pages of an incident: alarms in one sentence, what a cut would take before it is made, the cut
// and its undoing, and the exposure roll.
//
// It promises that a cut says its consequence in numbers before the passkey is asked, and that a roll is in the journal
// before its first byte leaves.
package incident
