// Package imports reads the operator's files into the directory: structures, accounts, caseloads and passed courses,
// as CSV or JSON Lines. The columns are in import_schema.go.
//
// It promises that a file of any length takes the same memory; that a wrong line neither stops nor changes the
// others; that each refusal says which line and why, without repeating it; and that the same file twice changes
// nothing.
package imports
