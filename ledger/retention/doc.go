// Package retention drops the ledger's rows at the end of their retention: a year, by default (CNIL, délibération
// 2021-122: six months to a year, up to three for internal control).
//
// It promises five things:
//
//   - A row goes only after it was sealed and compared with the log. A changed row stays, and stops all dropping.
//   - A row goes only after the log said so under its own signature ([ledger.Retention]) and the journal has a line
//     about it. Rows that are missing without that are found, and verification still covers the rows that are kept.
//   - A legal hold keeps every row, from the moment it is stored until a week after it was lifted. Two people, or the
//     operator, lift it. It lives in the database, so that another config file does not lose it.
//   - Rows that a containment may need, from its presumed beginning on, are kept as long again.
//   - A wrong clock drops little: somebody must have signed in by it within a day, and one day drops a month of rows at
//     most.
//
// Decisions about disclosures read counters, not old rows: dropping moves no fence.
package retention
