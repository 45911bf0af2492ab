// Package postgres keeps everything that Cloison knows in one PostgreSQL database, which many replicas share: every
// stage's store on one engine.
//
// What it promises beyond the stages' contracts: a nil error means that the server has the change on its disk, and on
// that of its synchronous standbys if it has any. Replicas may come, go and die at any point. Every commit of
// disclosures, and every change of what they are decided on, updates the one row of the table gate: that row's lock
// puts them in one order, numbers the rows without gaps, and is what makes a cut final.
//
// The ledger is partitioned by month; Maintain creates partitions ahead, and a commit that finds none creates its own.
package postgres
