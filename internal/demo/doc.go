// Package demo is the world of the demo on one machine: a synthetic network of structures, agents and persons, stand-ins of
// ProConnect and of the case-file tool, and Cloison between them, served from a config like any other. The program's verb
// demo and the drills without a target use it, and tests that need the whole of Cloison.
package demo
