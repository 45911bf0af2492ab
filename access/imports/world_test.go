package imports_test

import (
	"testing"

	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

// world is what these tests share.
type world struct{ *testworld.World }

func newWorld(t *testing.T, s directory.Settings) *world {
	t.Helper()
	return &world{testworld.New(t, testworld.Options{Directory: s})}
}
