// Package shared is the SQL that both engines say alike, written once: a small type for each domain noun (Sessions,
// Letters, Reviews…), which Store gathers and each engine embeds.
//
// A text is what both engines understand, in PostgreSQL's words where they differ: placeholders are $1, $2…; a time
// that may be missing IS NULL; = ANY($1) looks in a list; FOR UPDATE locks a row; a parameter has a cast where
// PostgreSQL needs one. SQLite's engine puts these few into its own words (store/sqlite/dialect.go). Statements that
// differ for a reason (the commit of disclosures and its gate, imports, the register, retention, the roll) are in the
// engines.
//
// Every method is one transaction or one read, and keeps what the stage's store.go promises; store/storetest holds both
// engines to it.
package shared
