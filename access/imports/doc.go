// Package imports reads the operator's files into the directory: structures, accounts, caseloads and completed courses,
// as CSV or JSON Lines.
//
// It promises that a file of any length takes the same memory, that a line which is wrong never stops or changes the
// others, that each refusal says which line and why without repeating it, and that the same file twice changes nothing.
package imports
