// Package refusal says no for sign-in: each refusal is an error with a kind, a reason code and words for the operator.
//
// It promises that a person reads the reason code's sentence alone, and that the operator's words quote nothing
// personal and little of what somebody else wrote.
package refusal
