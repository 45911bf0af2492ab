// Package house holds the rules of the repository as tests: which package may import which, how long files and functions may
// be, how many methods an interface may have, and that documents name files that exist. It has no code of its own.
// scripts/house prints the figures.
package house
