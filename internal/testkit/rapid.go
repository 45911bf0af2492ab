package testkit

import (
	"flag"
	"strconv"
	"testing"

	"pgregory.net/rapid"
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

// Property is t within a property: what fails, fails the case that is drawn.
func Property(t testing.TB, drawn *rapid.T) testing.TB { return property{t, drawn} }

type property struct {
	testing.TB
	drawn *rapid.T
}

func (p property) Fatal(args ...any)                 { p.drawn.Fatal(args...) }
func (p property) Fatalf(format string, args ...any) { p.drawn.Fatalf(format, args...) }
func (p property) Error(args ...any)                 { p.drawn.Error(args...) }
func (p property) Errorf(format string, args ...any) { p.drawn.Errorf(format, args...) }
