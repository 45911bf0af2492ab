// Package watch follows the alarms that disclosures raise and has the lineage cut, within a moment of the commit that
// raised it, whichever replica that was.
//
// It promises that no alarm is skipped: its place is durable and moves past an alarm only when the alarm is dealt
// with. A crash anywhere repeats alarms, which is harmless, because cutting what is cut changes nothing. One alarm
// that cannot be dealt with now does not hold up those behind it.
package watch
