// Package testworld is the world that the tests of the stages share: two partner bodies of one network on a real store,
// one bearer of each role, the stages of access, a clock moved by hand, a log, and the steps that many tests begin with.
// A package's tests embed it in a world of their own when they need more, as a container or a tool.
package testworld
