// Package retention lets the ledger's rows go when they have been kept for long enough: a year, by default (CNIL,
// délibération 2021-122: six months to a year, up to three for internal control).
//
// It promises five things:
//
//   - nothing goes before it was compared with the log, and nothing that is not sealed: a row that was changed stays,
//     and stops all dropping;
//   - nothing goes before the log says so under its own signature ([ledger.Retention]) and the journal has a line
//     about it. So rows that are missing without that are found, and verification goes on to hold for those that are
//     kept;
//   - a litigation hold keeps everything, from the moment that it is stored until a week after it was lifted, and two
//     people, or the operator, lift it. It lives in the database, so that no other config file loses it;
//   - what a containment may need, from its presumed beginning on, is kept for as long again;
//   - a clock that is wrong drops little: somebody must have signed in by it within a day, and one day drops a month of
//     rows at most.
//
// What disclosures are decided on, caps, streams and leases, lives in counters and not in old rows: dropping moves no
// fence.
package retention
