// Package oversight is the pages by which a network watches itself: the register of disclosures with its proofs and its
// verification, legal holds, the journal, blast radii, letters and the settings that hold.
//
// It promises that persons (usagers) are named in the search of one person and the proof of one row alone, and that both
// are in the journal before the first byte leaves.
package oversight
