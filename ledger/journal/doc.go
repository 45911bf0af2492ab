// Package journal is the form of the journal: one line for each act of a person, a machine or the system, append-only
// and without personal data. Rows say who was shown whom; the journal says who decided, changed, searched or exported.
//
// Every stage appends to it, through its own store and, where it can, in the transaction of the act. So the form stands
// to the left of them all.
package journal
