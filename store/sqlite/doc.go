// Package sqlite keeps everything that Cloison knows in one SQLite file: every stage's store on one engine.
//
// What it promises beyond the stages' contracts: a nil error means that the change is on the disk (write-ahead log,
// synchronous=FULL), whatever dies next. One process has one writer, and any number of processes may have the file
// open: a transaction takes the file's write lock when it begins, so that it never decides on facts that another
// is changing. Readers never wait for the writer.
//
// The schema is public: migrations/ says what each column holds, and an auditor may read the file with any SQLite tool.
package sqlite
