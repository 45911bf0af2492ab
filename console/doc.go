// Package console is Cloison for people: it assembles the parts of the console into two handlers, one for the console's
// own host and one for the doors that every host has.
//
// The parts are packages beside this one: public (the doors), self (one's own), people, desk, incident, oversight. Each
// exports its pages, acts and forms as data and keeps no rule of its own; console/web serves them.
//
// It promises that persons (usagers) are shown to those who watch in three places alone, the exported roll, the search of
// one person and the proof of one row, and that each is written into the journal.
package console
