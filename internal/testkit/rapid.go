package testkit

import (
	"flag"
	"strconv"
)

// Draws sets how many cases a property test draws; -rapid.checks still decides. Call it in TestMain.
func Draws(n int) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(n)); err != nil {
			panic(err)
		}
	}
}
