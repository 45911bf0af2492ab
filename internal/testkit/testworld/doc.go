// Package testworld is a world for the tests of the stages of access: two partner bodies on a real store, one bearer of
// each role, a clock moved by hand, and the steps that many tests begin with.
package testworld
