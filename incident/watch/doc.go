// Package watch follows the alarms that disclosures raise and has the lineage cut, as soon as the alarm is committed, on
// any replica.
//
// It promises that no alarm is skipped: its cursor is durable and moves past an alarm only when the alarm is handled. A
// crash anywhere repeats alarms, which is harmless, because cutting what is cut changes nothing. An alarm that cannot be
// handled now does not delay the later ones.
package watch
