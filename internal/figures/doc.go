// Package figures measures what Cloison promises of its speed and memory, beside what a reader would compare it with,
// in one run on one machine.
//
// It promises that a figure is a ratio of things measured side by side, in interleaved rounds, or an absolute with the
// floor of the same run beside it; that every answer was checked before its time counted; and that a goal that was
// missed is in the table like the others. All of it is test code; `make bench` (scripts/bench) runs it.
//
// Rules of measuring: every program is a process of its own (this test binary again, in another role), so that all
// share the cores as they would in life; a round in which the yardstick itself moved is measured again; medians are
// shown with the smallest and the largest round.
package figures
