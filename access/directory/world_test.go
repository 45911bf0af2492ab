package directory_test

import (
	"testing"

	"cloison/access/directory"
	"cloison/internal/testkit/accesskit"
)

// world is the tests' own.
type world struct{ *accesskit.World }

func newWorld(t *testing.T, s directory.Settings) *world {
	t.Helper()
	return &world{accesskit.New(t, accesskit.Settings{Directory: s})}
}
