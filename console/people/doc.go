// Package people is the pages of accounts and of those who answer for them: accounts and lineages, proposals with what an
// approval would add, lists of colleagues, witnesses, structures and their mergers, reviews, suspensions and departures.
//
// It promises that a page says why a viewer may not decide, in the words of the stage that says no, and that an account
// which the viewer may not know of is not found, as one that does not exist.
package people
